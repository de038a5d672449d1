"""Why a program ended, in words: what, the reason where its output tells it, what to do next, its last lines."""

import re
import signal

from ops.stack.child import Child
from ops.stack.part import Program
from ops.stack.ports import answers

_LIBRARY = re.compile(r"error while loading shared libraries: (\S+?):")


def why_ended(program: Program, child: Child, code: int) -> str:
    """Several lines; the first says it all, the others are the end of its output."""
    how = f"was ended by {_named(-code)}" if code < 0 else f"ended with exit code {code}"
    tail = child.tail()
    reason = advice(program, code, tail)
    return f"{program.name} {how}{f': {reason}' if reason else '.'} The end of {child.log}:\n{tail}"


def _named(number: int) -> str:
    """The signal's name; most real-time signals have none."""
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"


def advice(program: Program, code: int, output: str) -> str:
    """The reason and what to do about it, where the exit code or the output tells; else nothing."""
    if missing := _LIBRARY.search(output):
        return (
            f"the system library {missing[1]} is missing. Install it with the system's packages (mongod needs libssl3 "
            "and libcurl4), or name a server that runs elsewhere by its URL."
        )
    if "GLIBC_" in output and "not found" in output:
        return "this system's C library is older than the program needs (2.34). Name a server elsewhere by its URL."
    if code == -signal.SIGILL:
        return "this processor lacks instructions that it needs (MongoDB: AVX). Name a server elsewhere by its URL."
    if "No space left on device" in output:
        return f"the disk of {program.folder} is full. Free some space and start again; what was written is kept."
    if "Address already in use" in output or answers(program.port):
        return f"port {program.port} is taken by another program. Stop that, or start again: a free one is chosen."
    if code == -signal.SIGKILL:
        return "somebody killed it, or the machine was out of memory."
    return ""
