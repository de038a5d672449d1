"""The documents about the API and the topics, as they were published: `docs/api/openapi.json` and `asyncapi.json`.

A client that was generated from a published document goes on working with every later one: calls stay, what they take
may only become more, what they answer may only become more precise.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

from contracts.compatible import narrowed, widened
from services.gateway.api import routed
from services.gateway.published import asyncapi

Document: TypeAlias = Mapping[str, Any]

FOLDER = Path(__file__).parents[1] / "docs" / "api"
_SUCCESS = range(200, 400)


@cache
def documents() -> Mapping[str, Document]:
    """File name to document, as this version of the code gives them; a second to make."""
    release = version("playhead")
    return {"openapi.json": routed(release).openapi(), "asyncapi.json": asyncapi.document(release)}


def check(folder: Path = FOLDER) -> list[str]:
    """What is wrong, a sentence each: a document that is not what the code gives, or a change that breaks a client."""
    found: list[str] = []
    for name, document in documents().items():
        file = folder / name
        published = json.loads(file.read_text("utf-8")) if file.exists() else None
        breaks = list(broken(published, document)) if published and name == "openapi.json" else []
        found += [f"{name}: {problem}. Undo it, or serve it under another path." for problem in breaks]
        if not breaks and (published is None or file.read_text("utf-8") != _text(document)):
            found.append(f"docs/api/{name} is not what the code gives: run `playhead contracts write`.")
    return found


def write(folder: Path = FOLDER) -> list[Path]:
    """Bring the files up to date; those that changed. To be called when `check` finds no break."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {folder / name: _text(document) for name, document in documents().items()}
    written = [file for file, text in texts.items() if not file.exists() or file.read_text("utf-8") != text]
    for file in written:
        file.write_text(texts[file], encoding="utf-8")
    return written


def broken(old: Document, new: Document) -> Iterator[str]:
    """What a client of the old document would trip over, a sentence each."""
    for path, item in old["paths"].items():
        for method, operation in item.items():
            call = f"{method.upper()} {path}"
            now = new["paths"].get(path, {}).get(method)
            if now is None:
                yield f"{call} is gone"
                continue
            if now["operationId"] != operation["operationId"]:
                yield f"{call} was called {operation['operationId']} and is called {now['operationId']}"
            yield from (f"{call}: {problem}" for problem in _asked(old, new, operation, now))
            yield from (f"{call}: {problem}" for problem in _answered(old, new, operation, now))


def _asked(old: Document, new: Document, before: Document, after: Document) -> Iterator[str]:
    known = {(one["in"], one["name"]): one for one in before.get("parameters", ())}
    for one in after.get("parameters", ()):
        was = known.get((one["in"], one["name"]))
        if one.get("required") and not (was and was.get("required")):
            yield f"the parameter {one['name']} has to be given now"
        if was:
            for problem in narrowed(_schema(old, was["schema"]), _schema(new, one["schema"])):
                yield f"the parameter {one['name']}: {problem.strip()}"
    was, now = (_json(one.get("requestBody", {})) for one in (before, after))
    if now and after["requestBody"].get("required") and not (was and before["requestBody"].get("required")):
        yield "a body has to be sent now"
    if was and now:
        yield from narrowed(_schema(old, was), _schema(new, now))


def _answered(old: Document, new: Document, before: Document, after: Document) -> Iterator[str]:
    for status, response in before["responses"].items():
        if not status.isdigit() or int(status) not in _SUCCESS:
            continue
        if status not in after["responses"]:
            yield f"it answers no {status} any more"
            continue
        was, now = _json(response), _json(after["responses"][status])
        if was and now:
            yield from widened(_schema(old, was), _schema(new, now))


def _json(content: Document) -> Document | None:
    found = content.get("content", {}).get("application/json", {}).get("schema")
    return found or None


def _schema(document: Document, schema: Document) -> Document:
    return {**schema, "$defs": document["components"]["schemas"]}


def _text(document: Document) -> str:
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
