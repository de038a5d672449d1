"""The OpenAPI document tells everything that a client needs."""

from typing import Any

import httpx
import pytest

from services.gateway.http.codes import CODES
from tests.gateway.world import World


@pytest.fixture
async def document(client: httpx.AsyncClient) -> dict[str, Any]:
    return (await client.get("/openapi.json")).json()


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(method, path, operation) for path, item in document["paths"].items() for method, operation in item.items()]


async def test_it_is_openapi_3_1_with_an_id_for_each_operation(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert document["openapi"].startswith("3.1")
    assert len(ids) == len(set(ids)) >= 20
    assert all(operation["summary"] for _, _, operation in operations(document))


async def test_every_error_is_documented_in_its_shape(document: dict[str, Any]) -> None:
    for _, path, operation in operations(document):
        kind, shape = (
            ("application/json", "LegacyError")
            if path.startswith("/api/")
            else ("application/problem+json", "ProblemDocument")
        )
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert response["content"][kind]["schema"]["$ref"].endswith(shape), (path, status)
            assert response["description"]


async def test_every_call_with_a_body_documents_it(document: dict[str, Any]) -> None:
    bodies = {path for _, path, operation in operations(document) if "requestBody" in operation}
    assert bodies >= {
        "/v1/sessions",
        "/api/generate",
        "/v1/sessions/{session_id}/stages",
        "/v1/presets",
        "/api/improve-prompt",
    }
    schema = document["components"]["schemas"]["NewSession"]
    assert schema["additionalProperties"] is False
    assert {"sessionId", "prompt", "script", "kind", "aspect", "stages"} <= set(schema["properties"])


async def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [found for value in node.values() for found in references(value)]
        return [found for value in node for found in references(value)] if isinstance(node, list) else []

    for reference in references(document):
        node: Any = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


async def test_every_problem_has_a_page_of_words(client: httpx.AsyncClient, world: World) -> None:
    for code, meaning in CODES.items():
        page = await client.get(f"/problems/{code}")
        assert (page.status_code, meaning.title in page.text) == (200, True)
    assert (await client.get("/problems/%3Cscript%3E")).status_code == 404
