"""The ports in memory keep the promises of the real ones, so that what is tested with them means something."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.gateway.documents_promises import AnswersPromises, DocumentsPromises, Put
from tests.gateway.memory import MemoryAnswers, MemoryDocuments


class TestMemoryDocuments(DocumentsPromises):
    @pytest.fixture
    def documents(self) -> MemoryDocuments:
        return MemoryDocuments()

    @pytest.fixture
    def put(self, documents: MemoryDocuments) -> Put:
        async def put(collection: str, document: Mapping[str, Any]) -> None:
            documents.put(collection, document)

        return put


class TestMemoryAnswers(AnswersPromises):
    @pytest.fixture
    def answers(self) -> MemoryAnswers:
        return MemoryAnswers()
