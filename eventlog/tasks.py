"""Task groups that raise the error itself where there is only one to raise."""

from collections.abc import Generator
from contextlib import contextmanager

from eventlog.errors import Diverged


@contextmanager
def plain_errors() -> Generator[None]:
    """Around a TaskGroup: its first error instead of the group, a `Diverged` before all others."""
    try:
        yield
    except BaseExceptionGroup as group:
        raise _gravest(group) from group


def _gravest(group: BaseExceptionGroup[BaseException]) -> BaseException:
    leaves = [leaf for error in group.exceptions for leaf in _leaves(error)]
    return next((leaf for leaf in leaves if isinstance(leaf, Diverged)), leaves[0])


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in _leaves(inner)]
    return [error]
