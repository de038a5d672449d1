"""A record as an operator may see it: what happened, to what, when; not what people wrote.

What the contracts mark as personal is hidden, and free fields that nobody here reads. Of an event that this version of
the code does not know everything is hidden but its shape. What was hidden is hidden in the reason, too.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from contracts.catalog import Catalog
from contracts.compatible import PERSONAL
from contracts.envelope import Commit, Recorded
from contracts.model import EventBody
from eventlog.commit import Record

SHORTEST = 4
"""Characters of a hidden text that is also looked for in the reason: shorter ones would hide half of it."""


class Redacted(NamedTuple):
    """The commit, as JSON holds it, and the reason why it was parked."""

    commit: Mapping[str, Any]
    reason: str


def redacted(record: Record, reason: str, catalog: Catalog) -> Redacted:
    """A record without what is a person's."""
    try:
        commit = catalog.opened(msgspec.json.decode(record.value, type=Commit))
    except msgspec.DecodeError:
        return Redacted({"offset": record.offset, "bytes": len(record.value)}, reason)
    hidden: list[str] = []
    events = [
        {"type": one.type, "version": one.type_version, "data": _event(one, catalog, hidden)} for one in commit.events
    ]
    told = {
        "offset": record.offset,
        "stream": commit.stream,
        "version": commit.version,
        "commandId": str(commit.command_id),
        "command": commit.command_type,
        "at": commit.at.isoformat(),
        "tenant": commit.tenant,
        "actor": commit.actor,
        "events": events,
        "refusal": commit.refusal.code if commit.refusal else None,
    }
    for text in sorted(hidden, key=len, reverse=True):
        reason = reason.replace(text, "…") if len(text) >= SHORTEST else reason
    return Redacted(told, reason)


def _event(recorded: Recorded, catalog: Catalog, hidden: list[str]) -> Any:
    data = msgspec.json.decode(recorded.data)
    body = _class(recorded.type, recorded.type_version, catalog)
    if body is None:
        return _hide(data, hidden)
    schema = body.model_json_schema(by_alias=True)
    return _walk(schema, data, schema.get("$defs", {}), hidden)


def _class(type_: str, version: int, catalog: Catalog) -> type[EventBody] | None:
    if catalog.newest().get(type_) == version:
        return catalog.events[type_]
    upcaster = catalog.upcasters.get((type_, version))
    return upcaster.old if upcaster else None


def _walk(schema: Mapping[str, Any], data: Any, definitions: Mapping[str, Any], hidden: list[str]) -> Any:
    if reference := schema.get("$ref"):
        schema = {**definitions[str(reference).rpartition("/")[2]], **schema}
    if schema.get(PERSONAL):
        return _hide(data, hidden)
    if alternatives := schema.get("anyOf"):
        fitting = [one for one in alternatives if one.get("type") != "null"]
        return data if data is None else _walk(fitting[0], data, definitions, hidden)
    fields = schema.get("properties")
    if isinstance(data, dict):
        return {
            name: _walk(fields[name], one, definitions, hidden) if fields and name in fields else _hide(one, hidden)
            for name, one in data.items()  # pyright: ignore[reportUnknownVariableType] - JSON
        }
    if isinstance(data, list):
        return [_walk(schema.get("items", {}), one, definitions, hidden) for one in data]  # pyright: ignore[reportUnknownVariableType] - JSON
    known = {"string", "integer", "number", "boolean"}
    return (
        data
        if data is None or schema.get("type") in known or "enum" in schema or "const" in schema
        else _hide(data, hidden)
    )


def _hide(data: Any, hidden: list[str]) -> Any:
    """Its shape: names of fields, how many items, how long a text."""
    if isinstance(data, dict):
        return {name: _hide(one, hidden) for name, one in data.items()}  # pyright: ignore[reportUnknownVariableType] - JSON
    if isinstance(data, list):
        return [_hide(one, hidden) for one in data]  # pyright: ignore[reportUnknownVariableType] - JSON
    if isinstance(data, str):
        hidden.append(data)
        return f"… {len(data)} characters"
    return data if data is None else f"… {type(data).__name__}"
