"""Which tests stay together on one worker, because they share what takes long to start, and in which order they begin.

For `pytest --numprocesses 2 --dist loadscope --no-loadscope-reorder`, as `make test` runs the tests on the real stack:
much of their time is waiting, for a group of consumers to form, a lease to end, a process to be back.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any, Final, TypeVar

from xdist.scheduler import LoadScopeScheduling

Made = TypeVar("Made")

GROUPS: Final = (
    ("tests/chaos/",),
    ("tests/live/seeds/",),
    (
        "tests/live/test_films.py",
        "tests/live/test_projects.py",
        "tests/live/test_rebuild_under_load.py",
        "tests/live/test_services.py",
        "tests/live/test_signing_in.py",
        "tests/live/test_webhooks.py",
        "tests/live/test_worker.py",
        "tests/live/test_workflows.py",
    ),
    ("tests/live/test_service.py",),
    ("tests/live/test_stack.py",),
    ("tests/live/test_operate.py",),
    ("tests/browser/",),
    ("tests/live/test_gateway.py",),
    ("tests/live/test_operate_backup.py",),
    ("tests/live/test_replaying.py",),
    ("tests/live/test_operate_archive.py",),
    ("tests/live/test_mongo_rebuild.py",),
    ("tests/live/test_postgres_rebuild.py",),
    ("tests/live/test_typescript_client.py",),
    ("tests/live/test_platform.py",),
    ("tests/live/test_uptime.py",),
    ("tests/live/test_kafka_restart.py",),
)
"""How the paths begin of those that share a system or a company of services. What takes longest is first, so that no
worker is left with it at the end."""


def group(test: str) -> str:
    """The name of the tests that this one stays with: those of its file, where `GROUPS` does not say more."""
    file = test.partition("::")[0]
    return next((paths[0] for paths in GROUPS if file.startswith(paths)), file)


def rank(test: str) -> int:
    """The place of its group."""
    return next((place for place, paths in enumerate(GROUPS) if test.startswith(paths)), len(GROUPS))


class Together(LoadScopeScheduling):
    """A group goes to one worker as a whole; who is done takes the next."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


class Shared:
    """What the tests of a group share: made when the first of them asks, gone when the last of them is over.

    A system that nobody looks at any more still beats, polls, and reads what all others write: a fifth of a core.
    """

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}
        self._open = AsyncExitStack()
        self._goes_on = False

    async def get(self, name: str, make: Callable[[], AbstractAsyncContextManager[Made]]) -> Made:
        """What goes by this name in the group, made now where it is not there yet."""
        if name not in self._made:
            self._made[name] = await self._open.enter_async_context(make())
        return self._made[name]

    def between(self, test: str, following: str | None) -> None:
        """Note whether the group goes on after this test."""
        self._goes_on = following is not None and group(following) == group(test)

    async def end(self) -> None:
        """After a module: let go of everything, last made first, unless the group goes on."""
        if not self._goes_on:
            self._made.clear()
            await self._open.aclose()


SHARED: Final = Shared()
"""Of the group that this worker is at."""
