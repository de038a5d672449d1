"""A service as it is, on a machine whose clock may be wrong and whose event loop can be held up.

python -m tests.chaos.drills CLOCK -m services.session

CLOCK is a file with the seconds by which this process' clock is ahead (negative: behind), read once at its start;
where there is none the clock is right. SIGUSR2 holds up the thread of the event loop for `BLOCKED_SECONDS`, while
other threads run on: as a call that nobody thought would block.
"""

import runpy
import signal
import sys
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import time_machine

from eventlog import clock

BLOCKED_SECONDS = 20.0
BLOCKS = signal.SIGUSR2


def clock_of(folder: Path, name: str) -> Path:
    """The file that says how wrong the clock of a service is."""
    return folder / f"clock-of-{name}"


def _blocked(_number: int, _frame: object) -> None:
    time.sleep(BLOCKED_SECONDS)  # noqa: TID251 - to hold up the event loop is what this is for


def main() -> None:
    """Become the service."""
    wrong, _, module, *arguments = sys.argv[1:]
    sys.argv[1:] = arguments
    signal.signal(BLOCKS, _blocked)
    with ExitStack() as stack:
        if Path(wrong).exists():
            ahead = timedelta(seconds=float(Path(wrong).read_text()))
            stack.enter_context(time_machine.travel(clock.now() + ahead, tick=True))
        runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
