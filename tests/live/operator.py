"""The `playhead` command, loaded once: each run of it is a process of its own, forked from one that has loaded it all.

Tests run it some sixty times, and to load it takes as long as most of what it does. A run has nothing but the words,
the environment and the streams that it is given. That the command also starts from nothing is tested beside
(tests/live/test_stack.py).
"""

import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Final

from ops.__main__ import COMMANDS, run

VERBS: Final = (
    *("archiving", "backup", "log", "maintenance", "migrating", "parking", "rebuilding"),
    *("replaying", "resetting", "seeding", "setup", "verify"),
)
IN, OUT, ERR = "in", "out", "err"
_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])

for _verb in VERBS:
    import_module(COMMANDS + _verb)


def forked(folder: Path, environment: Mapping[str, str], arguments: Sequence[str]) -> ForkServerProcess:
    """One run, not yet started. Its three streams are the files `IN`, `OUT` and `ERR` of the folder."""
    return _FORKS.Process(target=_become, args=(folder, dict(environment), list(arguments)))


def _become(folder: Path, environment: Mapping[str, str], arguments: list[str]) -> None:
    os.environ.clear()  # noqa: TID251 - the edge of the process that this one becomes
    os.environ.update(environment)  # noqa: TID251 - as above
    for number, name, flags in ((0, IN, os.O_RDONLY), (1, OUT, os.O_WRONLY), (2, ERR, os.O_WRONLY)):
        os.dup2(os.open(folder / name, flags), number)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115 - until it ends
    sys.argv = ["playhead", *arguments]
    sys.exit(run(arguments))
