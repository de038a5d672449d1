"""The editor's projects, from MongoDB."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from contracts.envelope import stream_id
from eventlog.read.mongo import MongoDatabase
from services.gateway.auth.reach import Reach
from services.gateway.http.cursors import Place
from services.gateway.ports.projects import ProjectFilter
from services.gateway.reading.newest import NEWEST, behind
from services.gateway.reading.within import within
from services.gateway.stored import Stored

PROJECTS, TIMELINES = "projects", "timeline_states"
_LARGE = ("layers", "markers", "playheadTime", "duration")


def shown(document: Stored | None, *, deleted: bool, at_least: int) -> Stored | None:
    """The project, where it may be seen and is as new as it should be."""
    if document is None or document["version"] < at_least or (document["isDeleted"] and not deleted):
        return None
    return document


class MongoProjects:
    """`Projects`, from the collections of the projector."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database

    async def project(
        self, reach: Reach, project_id: str, *, deleted: bool = False, at_least: int = 0
    ) -> Stored | None:
        found = await within(self._database, PROJECTS, reach).find_one(
            {"_id": stream_id("project", reach.tenant, project_id)}
        )
        return shown(found, deleted=deleted, at_least=at_least)

    async def projects(self, reach: Reach, which: ProjectFilter, after: Place | None, limit: int) -> Sequence[Stored]:
        clauses: list[Mapping[str, Any]] = [{} if which.deleted else {"isDeleted": False}]
        clauses += behind(after)
        for word in which.words:
            literal = {"$regex": re.escape(word), "$options": "i"}
            clauses.append({"$or": [{"name": literal}, {"description": literal}]})
        return await within(self._database, PROJECTS, reach).find(
            {"$and": clauses},
            sort=NEWEST,
            limit=limit,
            without=() if which.timelines else ("timelineState",),
        )

    async def using(self, reach: Reach, asset_id: str) -> str | None:
        named = {"$regex": re.escape(asset_id), "$options": "i"}
        for name, where in (
            (PROJECTS, {"$or": [{"videoPath": named}, {"timelineState.layers.source": named}]}),
            (TIMELINES, {"layers.source": named}),
        ):
            found = await within(self._database, name, reach).find_one(where)
            if found is not None:
                return found["projectId"]
        return None

    async def timeline(self, reach: Reach, project_id: str, version: int) -> Stored | None:
        where = {"projectId": project_id, "version": version}
        return await within(self._database, TIMELINES, reach).find_one(where)

    async def timelines(self, reach: Reach, project_id: str, *, before: int, limit: int) -> Sequence[Stored]:
        where = {"projectId": project_id, "version": {"$lt": before}}
        return await within(self._database, TIMELINES, reach).find(
            where, sort=[("version", -1)], limit=limit, without=_LARGE
        )

    async def changed(self, tenant: str, stream: str, version: int) -> None:
        """Nothing is kept here but what is."""
