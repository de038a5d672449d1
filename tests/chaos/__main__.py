"""Faults from seeds against a whole system: `make chaos SEEDS=1-20`.

python -m tests.chaos                   each kind of fault alone
python -m tests.chaos --seeds 1-20      those seeds, one after the other, on as few systems as they can share
python -m tests.chaos --seed 7          one of them, on a system of its own
python -m tests.chaos --seeds 1-40 --plans   what they would do

Ends with 1 where an invariant did not hold. The report is `.playhead/chaos/report.txt` and `.json`.
"""

import argparse
import asyncio
import shutil
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ops.quiet import log_errors_alone
from ops.settings import PROJECT
from tests.chaos.seeds.campaign import Run, run
from tests.chaos.seeds.plan import KINDS, Plan, planned
from tests.chaos.seeds.report import show, write
from tests.chaos.seeds.tenants import Neighbour
from tests.chaos.seeds.wires import wired_system

FOLDER = PROJECT / ".playhead" / "chaos"


def main() -> int:
    """0 where every invariant held in every run."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos", description="Faults from seeds, and what they broke."
    )
    parser.add_argument("--seeds", type=seeds_in, default=[*range(1, len(KINDS) + 1)], help="such as 1-20 or 3,5,30-35")
    parser.add_argument("--seed", type=int, help="one alone")
    parser.add_argument("--rate", type=float, default=3.0, help="wishes a second (3)")
    parser.add_argument("--seconds", type=float, default=12.0, help="how long is asked (12)")
    parser.add_argument("--plans", action="store_true", help="say what the seeds would do, and do nothing")
    told = parser.parse_args()
    chosen = told.seeds if told.seed is None else [told.seed]
    plans = [planned(seed, rate=told.rate, seconds=told.seconds) for seed in chosen]
    if told.plans:
        sys.stdout.writelines(f"{plan}\n" for plan in plans)
        return 0
    # The supervisor and the readers of the stores run in this process: what they say at length is in their logs.
    log_errors_alone()
    shutil.rmtree(FOLDER / "seeds", ignore_errors=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    runs = asyncio.run(_all(plans, FOLDER))
    show(runs, Console())
    sys.stdout.write(f"{write(FOLDER, runs)}\n")
    return int(any(one.anomalies for one in runs))


def seeds_in(text: str) -> list[int]:
    """`1-3,7` is 1, 2, 3, 7. Raises `argparse.ArgumentTypeError`."""
    try:
        spans = [[int(end) for end in part.split("-")] for part in text.split(",")]
        found = [seed for span in spans for seed in range(span[0], span[-1] + 1)]
    except ValueError:
        found = []
    if not found or min(found) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} are no seeds: write 1-20, or 3,5,30-35, counted from 1")
    return found


async def _all(plans: Sequence[Plan], folder: Path) -> list[Run]:
    runs: list[Run] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    times = (TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(elapsed_when_finished=True))
    console = Console(file=sys.stderr)
    with (
        (folder / "supervisor.log").open("w") as log,
        redirect_stderr(log),  # the supervisor tells at length how each process ended
        Progress(*columns, *times, console=console, speed_estimate_period=3600) as progress,
    ):
        bar = progress.add_task("starting a system", total=len(plans))
        for number, together in enumerate(on_one_system(plans)):
            progress.update(bar, description="starting a system")
            async with wired_system(folder / "seeds" / str(number), together[0].seed) as system:
                for plan in together:
                    progress.console.print(str(plan), highlight=False)

                    def tell(what: str, seed: int = plan.seed) -> None:
                        progress.update(bar, description=f"seed {seed}: {what}")

                    tell("asking")
                    runs.append(await run(system, plan, tell, neighbour=Neighbour(system, plan.seed)))
                    write(folder, runs)
                    progress.advance(bar)
                    if runs[-1].recovery is None:
                        progress.console.print(f"seed {plan.seed} left the system unsettled: nothing more is run on it")
                        break
    return runs


def on_one_system(plans: Sequence[Plan]) -> list[list[Plan]]:
    """Those that share one: all but such as have it for themselves."""
    shared = [plan for plan in plans if not plan.alone]
    return [*([shared] if shared else []), *([plan] for plan in plans if plan.alone)]


if __name__ == "__main__":
    sys.exit(main())
