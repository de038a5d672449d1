"""Run a program that dies with its parent, cannot take more than it was given, and has no network.

It also steps back: whoever waits for an answer on the same machine goes before a film.

    python -I -S leash.py PARENT_PID MEMORY_BYTES FILE_BYTES PROGRAM [ARGUMENT …]

This file is run, never imported: it binds itself to the parent, sets the limits, and becomes the program. Doing this
between fork and exec inside the service would run Python code in a half-copied process with live threads.
"""

import contextlib
import ctypes
import errno
import os
import platform
import resource
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_SECCOMP_MODE_FILTER = 2
_OPEN_FILES = 256
_NICE = 10
_AUTOGROUP = Path("/proc/self/autogroup")
"""Where the kernel weighs sessions against one another instead of processes, it does not look at a process's own."""

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENT = 0, 4, 16
_ALLOW, _DENY, _KILL = 0x7FFF0000, 0x00050000 | errno.EACCES, 0x80000000
_SOCKET = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
_IO_URING_SETUP, _OTHER_CALLS, _UNIX = 425, 0x40000000, 1


class _Instruction(ctypes.Structure):
    """One step of a filter: its code, how far to jump if it holds and if not, and a number."""

    _fields_ = (("code", ctypes.c_ushort), ("yes", ctypes.c_ubyte), ("no", ctypes.c_ubyte), ("k", ctypes.c_uint))


class _Program(ctypes.Structure):
    """A filter as the kernel takes it."""

    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.POINTER(_Instruction)))


def cut_off() -> None:
    """From here on this process and its children can open no socket but local ones; only Linux can promise that.

    Calls of another architecture end the process, those of the x32 kind and io_uring are refused: each could go around
    the rule.
    """
    if sys.platform != "linux" or platform.machine() not in _SOCKET:
        return
    architecture, socket = _SOCKET[platform.machine()]
    steps = (
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 5, 0, _OTHER_CALLS),
        (_EQUAL, 4, 0, _IO_URING_SETUP),
        (_EQUAL, 0, 2, socket),
        (_LOAD, 0, 0, _ARGUMENT),
        (_EQUAL, 0, 1, _UNIX),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _DENY),
    )
    program = _Program(len(steps), (_Instruction * len(steps))(*(_Instruction(*step) for step in steps)))
    kernel = ctypes.CDLL(None, use_errno=True)
    if kernel.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or kernel.prctl(
        _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0
    ):
        sys.exit(f"this kernel lets no process give up its network: {os.strerror(ctypes.get_errno())}")


def step_back() -> None:
    """Let others go first; a kernel that does not allow it runs the program as fast as all others."""
    os.nice(_NICE)
    with contextlib.suppress(OSError), _AUTOGROUP.open("w", encoding="ascii") as group:
        group.write(str(_NICE))


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
    step_back()
    cut_off()
    try:
        os.execv(program[0], program)  # noqa: S606 -- a typed argument list, no shell
    except OSError as error:
        print(f"cannot start {program[0]}: {error.strerror}", file=sys.stderr)  # noqa: T201 -- the parent reads this
        sys.exit(127)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
