"""Seconds of a processor that a process and all that it started have taken, those included that have ended since."""

from collections.abc import Iterable
from typing import Protocol

import psutil

from tests.chaos.processes import family


class Times(Protocol):
    """What the kernel says of one process: its own seconds, and those of its children that it has seen end."""

    @property
    def user(self) -> float: ...

    @property
    def system(self) -> float: ...

    @property
    def children_user(self) -> float: ...

    @property
    def children_system(self) -> float: ...


def taken(pid: int) -> float:
    """Up to now. A child that ends while it is looked at is counted once: then everything is looked at again."""
    while True:
        first, *others = family(pid)
        before = first.cpu_times()
        try:
            others_times = [one.cpu_times() for one in others]
        except psutil.NoSuchProcess:
            continue
        if ended(first.cpu_times()) == ended(before):
            return summed([before, *others_times])


def ended(times: Times) -> float:
    """Of the children that are no more."""
    return times.children_user + times.children_system


def summed(family_times: Iterable[Times]) -> float:
    """Of a process and its living descendants."""
    return sum(one.user + one.system + ended(one) for one in family_times)
