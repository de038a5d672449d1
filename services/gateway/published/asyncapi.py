"""The AsyncAPI document: the topics, and every message that they carry, from the contracts."""

from collections.abc import Iterator, Mapping
from typing import Any

from contracts.catalog import Catalog
from contracts.messages import RENDER_CATALOG, SESSION_CATALOG
from contracts.model import CommandBody, EventBody
from contracts.topics import (
    RENDER_COMMANDS,
    RENDER_EVENTS,
    SESSION_COMMANDS,
    SESSION_EVENTS,
    TOPICS,
    Topic,
)

Bodies = Mapping[str, type[CommandBody] | type[EventBody]]
_CARRIED: Mapping[str, tuple[Catalog, str]] = {
    SESSION_COMMANDS.name: (SESSION_CATALOG, "commands"),
    SESSION_EVENTS.name: (SESSION_CATALOG, "events"),
    RENDER_COMMANDS.name: (RENDER_CATALOG, "commands"),
    RENDER_EVENTS.name: (RENDER_CATALOG, "events"),
}
_ENVELOPES = {
    "commands": "`data` of a command's envelope (`contracts.envelope.Command`), one in each record.",
    "events": "`events[].data` of a commit (`contracts.envelope.Commit`), one commit in each record; its headers `id` "
    "and `prev` chain it to the one before.",
}


def document(version: str) -> dict[str, Any]:
    """AsyncAPI 3.0, as JSON holds it. It is about what is written; who may write and read stands at each channel."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Playhead's log",
            "version": version,
            "description": "Wishes are commands, facts are events. A frontend needs neither: it asks the gateway.",
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {f"{action}.{topic.name}": _operation(topic, action) for topic in TOPICS for action in _ACTIONS},
        "components": {"messages": dict(_messages())},
    }


_ACTIONS = ("send", "receive")


def _channel(topic: Topic) -> dict[str, Any]:
    catalog, kind = _CARRIED.get(topic.name, (None, ""))
    bodies: Bodies = _carried(catalog, kind) if catalog else {}
    return {
        "address": topic.name,
        "description": _ENVELOPES.get(kind, "News of running jobs as JSON: `jobId`, `stage`, `progress` (0 to 100)."),
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in sorted(bodies)},
        "bindings": {"kafka": {"topic": topic.name, "topicConfiguration": _kept(topic), "bindingVersion": "0.5.0"}},
        "x-key": topic.key,
    }


def _kept(topic: Topic) -> dict[str, Any]:
    return {"cleanup.policy": [topic.cleanup], "retention.ms": topic.retention_ms}


def _operation(topic: Topic, action: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "x-services": list(topic.writers if action == "send" else topic.readers),
    }


def _definition(name: str) -> str:
    return f"#/components/messages/{name}/payload/schema/$defs/{{model}}"


def _carried(catalog: Catalog, kind: str) -> Bodies:
    """What is written, under its own name, and what older versions wrote: `session.edited.v1` stays in the log."""
    older = {f"{type_}.v{version}": one.old for (type_, version), one in catalog.upcasters.items()}
    return getattr(catalog, kind) | (older if kind == "events" else {})


def _messages() -> Iterator[tuple[str, dict[str, Any]]]:
    bodies = {name: body for carried in _CARRIED.values() for name, body in _carried(*carried).items()}
    for name, body in sorted(bodies.items()):
        yield (
            name,
            {
                "name": body.TYPE,
                "title": f"{body.TYPE} v{body.VERSION}",
                "summary": " ".join((body.__doc__ or "").split()),
                "payload": {
                    "schemaFormat": "application/schema+json;version=draft-2020-12",
                    "schema": body.model_json_schema(by_alias=True, ref_template=_definition(name)),
                },
            },
        )
