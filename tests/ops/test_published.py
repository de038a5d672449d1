"""What was published about the calls holds for every client that was made from it."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops import published

Change = Callable[[dict[str, Any]], object]
SESSIONS = "/v1/sessions"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return json.loads((published.FOLDER / "openapi.json").read_text("utf-8"))


def breaks(document: dict[str, Any], change: Change) -> list[str]:
    changed = copy.deepcopy(document)
    change(changed)
    return list(published.broken(document, changed))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: d["paths"].pop("/v1/me"), "GET /v1/me is gone"),
        (lambda d: d["paths"][SESSIONS]["get"].update(operationId="all"), "was called listSessions and is called all"),
        (lambda d: d["paths"][SESSIONS]["post"]["responses"].pop("202"), "it answers no 202 any more"),
        (lambda d: body(d, "NewSession")["required"].append("title"), "title had a default and has none now"),
        (lambda d: body(d, "NewSession")["properties"].pop("title"), "title was removed or renamed"),
        (lambda d: body(d, "Me")["properties"].pop("balance"), "balance was removed or renamed"),
        (lambda d: body(d, "Me")["required"].remove("balance"), "balance was always there and may be missing now"),
        (lambda d: body(d, "Me")["properties"]["balance"].update(type="string"), "balance was integer and is string"),
        (
            lambda d: d["paths"][SESSIONS]["get"]["parameters"][0].update(required=True),
            "has to be given now",
        ),
    ],
)
def test_what_would_break_a_client_is_named(document: dict[str, Any], change: Change, told: str) -> None:
    def with_requirements(changed: dict[str, Any]) -> None:
        body(changed, "NewSession").setdefault("required", [])
        change(changed)

    assert any(told in problem for problem in breaks(document, with_requirements)), breaks(document, with_requirements)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["paths"].update({"/v1/new": {}}),
        lambda d: body(d, "NewSession")["properties"].update(mood={"type": "string"}),
        lambda d: body(d, "Me").update(
            properties=body(d, "Me")["properties"] | {"mood": {"type": "string"}},
            required=[*body(d, "Me")["required"], "mood"],
        ),
    ],
)
def test_what_is_new_breaks_nobody(document: dict[str, Any], change: Change) -> None:
    assert breaks(document, change) == []


def test_a_document_that_is_not_written_is_asked_for(tmp_path: Path) -> None:
    assert len(published.check(tmp_path)) == 2
    assert {file.name for file in published.write(tmp_path)} == {"openapi.json", "asyncapi.json"}
    assert published.check(tmp_path) == []
    assert published.write(tmp_path) == []


def test_a_break_is_told_before_anything_is_written(tmp_path: Path) -> None:
    published.write(tmp_path)
    file = tmp_path / "openapi.json"
    older = json.loads(file.read_text("utf-8"))
    older["paths"]["/v1/older"] = older["paths"]["/v1/me"]
    file.write_text(json.dumps(older), encoding="utf-8")
    assert any("GET /v1/older is gone. Undo it" in problem for problem in published.check(tmp_path))


def test_every_topic_and_message_is_described() -> None:
    topics = published.documents()["asyncapi.json"]
    assert len(topics["channels"]) == 5
    for channel in topics["channels"].values():
        for name in channel["messages"]:
            assert topics["components"]["messages"][name]["summary"]


def body(document: dict[str, Any], name: str) -> dict[str, Any]:
    return document["components"]["schemas"][name]
