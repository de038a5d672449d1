"""The projects in memory keep the promises of those on MongoDB, so what is tested over them holds there too."""

from collections.abc import Mapping
from typing import Any

import pytest

from services.gateway.reading.cached_projects import CachedProjects
from services.gateway.redis.near import NearCache
from tests.gateway.documents_promises import Put
from tests.gateway.memory import MemoryDocuments
from tests.gateway.memory_projects import MemoryProjects
from tests.gateway.projects_promises import ProjectsPromises


class TestMemoryProjects(ProjectsPromises):
    @pytest.fixture
    def documents(self) -> MemoryDocuments:
        return MemoryDocuments()

    @pytest.fixture
    def projects(self, documents: MemoryDocuments) -> MemoryProjects:
        return MemoryProjects(documents)

    @pytest.fixture
    def put(self, documents: MemoryDocuments) -> Put:
        async def put(collection: str, document: Mapping[str, Any]) -> None:
            documents.put(collection, document)

        return put


class TestCachedProjects(TestMemoryProjects):
    @pytest.fixture
    async def projects(self, documents: MemoryDocuments) -> CachedProjects:
        cached = CachedProjects(MemoryProjects(documents), NearCache())
        cached.beat()
        return cached
