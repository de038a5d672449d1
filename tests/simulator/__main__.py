"""The simulator of the protocol, from the command line.

python -m tests.simulator 4711                  replays one seed with its trace
python -m tests.simulator --seeds 10000         runs many, stops at the first that fails
python -m tests.simulator --seeds 500 --from 9  the same, from seed 9 on
"""

import argparse
import sys
import time
from collections import Counter

from tests.simulator.run import Result, simulate


def main() -> int:
    """0 where every promise held in every run."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description="The protocol under seeded faults.")
    parser.add_argument("seed", type=int, nargs="?", help="replay this one, with its trace")
    parser.add_argument("--seeds", type=int, default=200, help="how many to run")
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first of them")
    parser.add_argument("--go-on", action="store_true", help="do not stop at the first that fails")
    arguments = parser.parse_args()
    if arguments.seed is not None:
        result = simulate(arguments.seed, tell=_print)
        _print(_summary([result], 0.0))
        return _told(result)
    return _many(range(arguments.first, arguments.first + arguments.seeds), arguments.go_on)


def _many(seeds: range, go_on: bool) -> int:
    began = time.perf_counter()
    results: list[Result] = []
    failed = 0
    for number, seed in enumerate(seeds, 1):
        results.append(simulate(seed))
        failed += _told(results[-1])
        if failed and not go_on:
            break
        if number % 100 == 0:
            _print(f"{number} of {len(seeds)} seeds, {failed} failed, {time.perf_counter() - began:.1f} s")
    _print(_summary(results, time.perf_counter() - began))
    return int(failed > 0)


def _told(result: Result) -> int:
    for failure in result.failures:
        _print(f"seed {result.seed}: {failure}")
    return int(bool(result.failures))


def _summary(results: list[Result], wall: float) -> str:
    faults: Counter[str] = Counter()
    for result in results:
        faults.update(result.faults)
    records, counted = sum(r.records for r in results), sum(r.counted for r in results)
    lines = [
        f"{len(results)} runs in {wall:.1f} s, {sum(r.seconds for r in results):.0f} s of virtual time",
        f"{sum(r.commands for r in results)} commands in the topics, {records} records of events: "
        f"{counted} counted, {records - counted} ignored",
        f"{sum(r.noticed for r in results)} times a reader noticed a lost tail",
        f"{sum(r.twins > 0 for r in results)} runs in which nobody could notice it: judged by the log alone",
        f"{sum(faults.values())} faults: " + ", ".join(f"{name} {number}" for name, number in faults.most_common()),
    ]
    return "\n".join(lines)


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
