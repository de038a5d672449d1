"""Projects with a cache beside their store: what is read often is read from a cache, and is never older than is known.

Changes are learnt from the store's change stream. While it is not seen nothing is read from the cache, and nothing
kept in it; but where the store itself is away, the cache's last word is better than none.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog

from contracts.envelope import category_of, stream_id
from eventlog.errors import Conflict, Unavailable
from eventlog.read.mongo import MongoDatabase
from services.gateway.auth.reach import Reach
from services.gateway.http.cursors import Place
from services.gateway.ports.projects import ProjectFilter, Projects
from services.gateway.reading.projects import PROJECTS, shown
from services.gateway.redis.cache import Cache, Kept
from services.gateway.stored import Stored

STALE_SECONDS: Final = 3.0
PAUSE_SECONDS: Final = 0.5
_log = structlog.get_logger(__name__)


def key_of(kind: str, tenant: str, stream: str, version: int | None = None) -> str:
    """The tenant stands in every key, and so that no tenant's name can make another's key."""
    return f"project:{kind}:{len(tenant)}:{tenant}:{stream}" + ("" if version is None else f":{version}")


class CachedProjects:
    """`Projects`: one project, and one saved timeline, from the cache where that is allowed; lists from the store."""

    def __init__(self, store: Projects, cache: Cache) -> None:
        self._store = store
        self._cache = cache
        self._beat = float("-inf")

    def beat(self) -> None:
        """Changes are seen."""
        self._beat = asyncio.get_running_loop().time()

    def lost(self) -> None:
        """They are not any more."""
        self._beat = float("-inf")

    @property
    def seeing(self) -> bool:
        """Whether changes are learnt of as they happen."""
        return asyncio.get_running_loop().time() - self._beat < STALE_SECONDS

    async def project(
        self, reach: Reach, project_id: str, *, deleted: bool = False, at_least: int = 0
    ) -> Stored | None:
        key = key_of("head", reach.tenant, stream_id("project", reach.tenant, project_id))

        async def read() -> Stored | None:
            return await self._store.project(reach, project_id, deleted=True)

        found = await self._through(key, reach, at_least, read)
        return shown(found, deleted=deleted, at_least=at_least)

    async def projects(self, reach: Reach, which: ProjectFilter, after: Place | None, limit: int) -> Sequence[Stored]:
        return await self._store.projects(reach, which, after, limit)

    async def timeline(self, reach: Reach, project_id: str, version: int) -> Stored | None:
        key = key_of("timeline", reach.tenant, stream_id("project", reach.tenant, project_id), version)

        async def read() -> Stored | None:
            return await self._store.timeline(reach, project_id, version)

        return await self._through(key, reach, version, read)

    async def timelines(self, reach: Reach, project_id: str, *, before: int, limit: int) -> Sequence[Stored]:
        return await self._store.timelines(reach, project_id, before=before, limit=limit)

    async def using(self, reach: Reach, asset_id: str) -> str | None:
        return await self._store.using(reach, asset_id)

    async def changed(self, tenant: str, stream: str, version: int) -> None:
        if category_of(stream) == "project":
            await self._cache.mark(key_of("head", tenant, stream), version)

    async def forget(self) -> None:
        """Keep nothing: changes may have been missed."""
        await self._cache.forget()

    async def _through(
        self, key: str, reach: Reach, at_least: int, read: Callable[[], Awaitable[Stored | None]]
    ) -> Stored | None:
        """A key is the tenant's. What is kept for another account is as if nothing were: the store is asked."""
        look = await self._cache.get(key) if self.seeing else None
        if look is not None and (kept := _usable(look.kept, reach, at_least)) is not None:
            return kept
        try:
            found = await read()
        except Unavailable:
            kept = _usable((look or await self._cache.get(key)).kept, reach, at_least)
            if kept is None:
                raise
            return kept
        if found is not None and look is not None:
            await self._cache.fill(key, Kept(found["version"], found), look)
        return found


def _usable(kept: Kept | None, reach: Reach, at_least: int) -> Stored | None:
    if kept is None or kept.version < at_least:
        return None
    return kept.document if reach.covers(kept.document["tenant"], kept.document["createdBy"]) else None


async def follow_projects(database: MongoDatabase, projects: CachedProjects) -> None:
    """Mark every project that changes. Runs until it is cancelled.

    What changed while nobody looked is not known: so with each beginning everything that was kept is forgotten.
    """
    short = [{"$project": {"ns": 1, "fullDocument._id": 1, "fullDocument.tenant": 1, "fullDocument.version": 1}}]
    while True:
        try:
            async with database.watch([PROJECTS], short) as stream:
                await projects.forget()
                while True:
                    projects.beat()
                    change = await stream.next()
                    if change is not None:
                        document = change.document
                        await projects.changed(document["tenant"], document["_id"], document["version"])
        except (Unavailable, Conflict) as error:
            _log.warning("changes of projects cannot be seen; trying again", error=str(error)[:200])
        finally:
            projects.lost()
        await asyncio.sleep(PAUSE_SECONDS)
