"""Run a program that dies with its parent and cannot take more than it was given.

    python -I -S leash.py PARENT_PID MEMORY_BYTES FILE_BYTES PROGRAM [ARGUMENT …]

This file is run, never imported: it binds itself to the parent, sets the limits, and becomes the program. Doing this
between fork and exec inside the service would run Python code in a half-copied process with live threads.
"""

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1
_OPEN_FILES = 256


def main(parent: int, memory: int, file_size: int, program: list[str]) -> None:
    """Become `program`; the exit code is 127 when it cannot be started."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit(f"the process {parent} that wanted {program[0]} has gone")
    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_AS, memory),
    ):
        hard = resource.getrlimit(limit)[1]
        soft = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (soft, hard))
    try:
        os.execv(program[0], program)  # noqa: S606 -- a typed argument list, no shell
    except OSError as error:
        print(f"cannot start {program[0]}: {error.strerror}", file=sys.stderr)  # noqa: T201 -- the parent reads this
        sys.exit(127)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
