"""P9: reading a project that is read often, beside reading it from MongoDB each time. Only the way to the store counts.

The project has a timeline of a hundred clips. Both ways read the same document, and it changes in between: what is read
after a change has to be the new one.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from contracts.envelope import stream_id
from eventlog.clock import new_id, now
from eventlog.read.mongo import MongoDatabase
from ops.bench.measure import Figure, in_turn
from ops.commands.reach import endpoints
from ops.settings import OpsSettings
from services.gateway.auth.reach import Reach
from services.gateway.ports.projects import Projects
from services.gateway.reading.cached_projects import CachedProjects
from services.gateway.reading.projects import PROJECTS, MongoProjects
from services.gateway.redis.cache import RedisCache
from services.gateway.redis.near import NearCache

READS = 500
LAYERS, CLIPS = 5, 20
TENANT = "bench"
SECONDS = 5.0


async def cached_read(settings: OpsSettings) -> Figure:
    """P9, on the running parts. Raises `Unavailable` where MongoDB is away; without Redis it says so."""
    parts = endpoints(settings)
    database = MongoDatabase.connect(parts.mongodb, f"bench_{new_id().hex}", application="playhead-bench")
    redis = RedisCache.connect(parts.redis, SECONDS) if parts.redis else None
    try:
        return await _figure(database, redis)
    finally:
        await database.drop()
        database.close()
        if redis is not None:
            await redis.close()


async def _figure(database: MongoDatabase, redis: RedisCache | None) -> Figure:
    project = new_id()
    owned = database.owned(PROJECTS, TENANT)
    await owned.insert(_document(project))
    store = MongoProjects(database)
    near = CachedProjects(store, NearCache(redis))
    far = CachedProjects(store, redis) if redis is not None else None
    await near.forget()
    cached, uncached = await in_turn(_reading(near, project), _reading(store, project))
    behind = [await _reading(far, project)() for _ in range(3)] if far is not None else []
    await owned.change({"_id": _document(project)["_id"]}, {"version": 2})
    near.beat()
    await near.changed(TENANT, _document(project)["_id"], 2)
    after = await near.project(Reach(TENANT), str(project))
    return Figure(
        id="P9",
        what="one project, read again",
        unit="ms",
        ours=cached,
        limit_name="MongoDB each time",
        limit=uncached,
        goal_ratio=0.1,
        at_least=False,
        correct=after is not None and after["version"] == 2,
        notes=[
            f"{READS} reads a round, {LAYERS * CLIPS} clips",
            f"from Redis alone: {min(behind):.3f} ms" if behind else "no Redis is there: from memory alone",
        ],
    )


def _reading(projects: Projects, project: UUID) -> Callable[[], Awaitable[float]]:
    async def run() -> float:
        begun = time.perf_counter()
        for _ in range(READS):
            if isinstance(projects, CachedProjects):
                projects.beat()
            if await projects.project(Reach(TENANT), str(project)) is None:
                raise AssertionError("the project is not there")
        return (time.perf_counter() - begun) * 1000 / READS

    return run


def _document(project: UUID) -> dict[str, Any]:
    at = now()
    clips = [{"id": n, "src": "/media/sea.mp4", "start": n * 2.5, "end": n * 2.5 + 2.4} for n in range(CLIPS)]
    layers = [{"id": n, "type": "video", "name": f"Layer {n}", "clips": clips} for n in range(LAYERS)]
    return {
        "_id": stream_id("project", TENANT, str(project)),
        "projectId": str(project),
        "name": "Sea",
        "description": "",
        "videoPath": "/media/sea.mp4",
        "duration": 50.0,
        "timelineState": {"layers": layers, "playheadTime": 0.0, "duration": 50.0, "markers": []},
        "createdAt": at,
        "updatedAt": at,
        "createdBy": str(project),
        "isDeleted": False,
        "version": 1,
        "timelineVersion": 1,
        "timelineSavedAt": at,
    }
