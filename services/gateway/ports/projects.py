"""What the projections say of the editor's projects."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from services.gateway.auth.reach import Reach
from services.gateway.http.cursors import Place
from services.gateway.stored import Stored


class ProjectFilter(NamedTuple):
    """Which projects a list shows. `words`: each stands, in any case, in name or description.

    `timelines`: with their timelines, which may be large.
    """

    words: tuple[str, ...] = ()
    deleted: bool = False
    timelines: bool = False


class Projects(Protocol):
    """Each method answers within a reach, and may raise `Unavailable`."""

    async def project(
        self, reach: Reach, project_id: str, *, deleted: bool = False, at_least: int = 0
    ) -> Stored | None:
        """One project, none that was deleted unless `deleted`; None too while it is older than version `at_least`."""
        ...

    async def projects(self, reach: Reach, which: ProjectFilter, after: Place | None, limit: int) -> Sequence[Stored]:
        """Newest first, from after a place."""
        ...

    async def timeline(self, reach: Reach, project_id: str, version: int) -> Stored | None:
        """The timeline that was saved in that version of the project."""
        ...

    async def timelines(self, reach: Reach, project_id: str, *, before: int, limit: int) -> Sequence[Stored]:
        """What was saved when, in versions smaller than `before`, newest first; without the timelines themselves."""
        ...

    async def using(self, reach: Reach, asset_id: str) -> str | None:
        """The id of a project that has the file as its video, or has it in a timeline that was ever saved of it."""
        ...

    async def changed(self, tenant: str, stream: str, version: int) -> None:
        """Somebody is told that the stream has this version: what is kept of an older one is not shown any more."""
        ...
