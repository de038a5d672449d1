"""The numbers R1 to R10 on whole systems: `make chaos GOALS="R1 R8"`.

python -m tests.chaos.goals              all that are known
python -m tests.chaos.goals R1 R8        those

Ends with 1 where one of them was missed. The report is `.playhead/chaos/goals.json`.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stderr
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.table import Table

from ops.quiet import log_errors_alone
from ops.settings import PROJECT
from tests.chaos.goals.goal import Outcome
from tests.chaos.goals.table import GOALS

FOLDER = PROJECT / ".playhead" / "chaos"


def main() -> int:
    """0 where every promise was kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.goals", description="R1 to R10, as numbers.")
    parser.add_argument("goals", nargs="*", metavar="GOAL", help=f"of {', '.join(GOALS)} (all)")
    chosen = list(dict.fromkeys(parser.parse_args().goals)) or [*GOALS]
    if unknown := [one for one in chosen if one not in GOALS]:
        parser.error(f"no goal is called {', '.join(unknown)}; there are {', '.join(GOALS)}")
    # The supervisor and the readers of the stores run in this process: what they say at length is in their logs.
    log_errors_alone()
    folder = FOLDER / "goals"
    folder.mkdir(parents=True, exist_ok=True)
    console = Console()
    with (folder / "supervisor.log").open("w") as log:
        outcomes = asyncio.run(_all(chosen, folder, Console(file=sys.stderr), log))
    _show(outcomes, console)
    return int(any(one.missed for one in outcomes))


async def _all(chosen: Sequence[str], folder: Path, console: Console, log: TextIO) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for name in chosen:
        began = time.monotonic()

        def tell(what: str, name: str = name, began: float = began) -> None:
            console.print(f"{name} {time.monotonic() - began:5.0f} s: {what}", highlight=False)

        with redirect_stderr(log):  # the supervisor tells at length how each process ended
            outcome = await GOALS[name](folder / name, tell)
        outcome.figures["seconds in all"] = round(time.monotonic() - began, 1)
        outcomes.append(outcome)
        # After each anew: a campaign that is cut off has told what it knows.
        (FOLDER / "goals.json").write_text(json.dumps([one.told() for one in outcomes], indent=1))
    return outcomes


def _show(outcomes: Sequence[Outcome], console: Console) -> None:
    table = Table("goal", "what was done", "counted", "missed", show_lines=True)
    for one in outcomes:
        figures = "\n".join(f"{name}: {figure:g}" for name, figure in one.figures.items())
        table.add_row(one.goal, one.what, figures, "\n".join(one.missed) or "nothing")
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
