"""The editor's projects in memory: what a test, or a projector, puts in is what the routes see."""

from collections.abc import Sequence

from contracts.envelope import stream_id
from services.gateway.auth.reach import Reach
from services.gateway.http.cursors import Place
from services.gateway.ports.projects import ProjectFilter
from services.gateway.reading.projects import PROJECTS, TIMELINES, shown
from services.gateway.stored import Stored
from tests.gateway.memory import MemoryDocuments


class MemoryProjects:
    """`Projects`, over the collections of `documents`."""

    def __init__(self, documents: MemoryDocuments) -> None:
        self._documents = documents
        self.reads = 0

    async def project(
        self, reach: Reach, project_id: str, *, deleted: bool = False, at_least: int = 0
    ) -> Stored | None:
        self.reads += 1
        found = self._documents.one(PROJECTS, reach, stream_id("project", reach.tenant, project_id))
        return shown(found, deleted=deleted, at_least=at_least)

    async def projects(self, reach: Reach, which: ProjectFilter, after: Place | None, limit: int) -> Sequence[Stored]:
        def fits(row: Stored) -> bool:
            text = f"{row['name']}\n{row['description']}".lower()
            return (which.deleted or not row["isDeleted"]) and all(word.lower() in text for word in which.words)

        rows = [row for row in self._documents.within(PROJECTS, reach) if fits(row)]
        rows.sort(key=lambda row: (row["createdAt"], row["_id"]), reverse=True)
        page = [row for row in rows if after is None or (row["createdAt"], row["_id"]) < after][:limit]
        hidden = set[str]() if which.timelines else {"timelineState"}
        return [{name: value for name, value in row.items() if name not in hidden} for row in page]

    async def timeline(self, reach: Reach, project_id: str, version: int) -> Stored | None:
        rows = self._documents.within(TIMELINES, reach)
        return next((row for row in rows if (row["projectId"], row["version"]) == (project_id, version)), None)

    async def timelines(self, reach: Reach, project_id: str, *, before: int, limit: int) -> Sequence[Stored]:
        rows = [row for row in self._documents.within(TIMELINES, reach) if row["projectId"] == project_id]
        older = sorted((row for row in rows if row["version"] < before), key=lambda row: row["version"], reverse=True)
        large = {"layers", "markers", "playheadTime", "duration"}
        return [{name: value for name, value in row.items() if name not in large} for row in older[:limit]]

    async def using(self, reach: Reach, asset_id: str) -> str | None:
        rows = [*self._documents.within(PROJECTS, reach), *self._documents.within(TIMELINES, reach)]
        return next((row["projectId"] for row in rows if _names(row, asset_id)), None)

    async def changed(self, tenant: str, stream: str, version: int) -> None:
        """Nothing is kept here but what is."""


def _names(row: Stored, asset_id: str) -> bool:
    layers = row["layers"] if "layers" in row else row["timelineState"]["layers"]
    sources = [layer.get("source") or "" for layer in layers]
    return any(asset_id in source.lower() for source in (row.get("videoPath") or "", *sources))
