"""One good example of each event, the same on every machine: what its golden sample is made of."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from contracts.model import EventBody

_IDS = UUID("8a0a3e63-4b57-5f0e-9d53-2f6f0b1c7e11")

_BY_NAME: Mapping[str, Any] = {
    "address": "ada@example.org",
    "name": "Ada",
    "plan": "free",
    "reason": "asked for",
    "prompt": "Explain the tides in thirty seconds.",
    "refinedPrompt": "Explain to a curious child, in thirty seconds, why the sea rises and falls.",
    "script": "Twice a day the sea comes in. It is the moon that calls it.",
    "title": "The tides",
    "language": "en",
    "voice": "en-gb",
    "metadata": {"campaign": "autumn"},
    "heading": "The moon calls",
    "bullets": ["Twice a day", "Everywhere at sea"],
    "narration": "Twice a day the sea comes in.",
    "code": "stage.failed",
    "message": "The stage did not end.",
    "worker": "worker-1",
    "mediaType": "video/mp4",
    "fileName": "the-tides.mp4",
    "provider": "template",
    "model": "template-1",
    "operation": "write",
    "rendererVersion": "1",
    "amount": 5,
    "actual": 2,
    "balanceAfter": 95,
    "durationMs": 31_400,
    "sizeBytes": 1_048_576,
    "digest": "5f" * 32,
    "startMs": 0,
    "endMs": 4_000,
    "priority": 0,
}
_OF_TYPE: Mapping[str, Mapping[str, Any]] = {
    "account.credits_reserved": {"amount": -5},
    "account.credits_settled": {"amount": 3},
    "job.stage_completed": {"stage": "video"},
    "job.stage_failed": {"stage": "video"},
    "job.failed": {"stage": "video"},
    "session.failed": {"stage": "video"},
    "session.prompt_refined": {"stage": "refine"},
    "session.script_generated": {"stage": "script"},
    "session.audio_generated": {"stage": "speech"},
    "session.scenes_planned": {"stage": "scenes"},
    "session.video_rendered": {"stage": "video"},
}


def sample(event: type[EventBody]) -> EventBody:
    """An event of this class with every field set. Raises `ValidationError` where a rule needs a value by name."""
    schema = event.model_json_schema(by_alias=True)
    return event.model_validate(_value(schema, "", schema.get("$defs", {}), _OF_TYPE.get(event.TYPE, {})))


def _value(node: Mapping[str, Any], name: str, definitions: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
    if name in given:
        return given[name]
    if reference := node.get("$ref"):
        return _value(definitions[str(reference).rpartition("/")[2]], name, definitions, given)
    if alternatives := node.get("anyOf"):
        return _value(next(one for one in alternatives if one.get("type") != "null"), name, definitions, given)
    if "const" in node or "enum" in node:
        return node.get("const", node.get("enum", [None])[0])
    if name in _BY_NAME:
        return _BY_NAME[name]
    match node.get("type"):
        case "object":
            fields = node.get("properties", {})
            return {field: _value(one, field, definitions, given) for field, one in fields.items()}
        case "array":
            return [_value(node.get("items", {}), name, definitions, given)]
        case "integer" | "number":
            return node.get("minimum", 1)
        case "boolean":
            return True
        case _:
            return _text(node, name)


def _text(node: Mapping[str, Any], name: str) -> str:
    if node.get("format") == "uuid":
        return str(uuid5(_IDS, name))
    if node.get("format") == "date-time":
        return "2026-11-20T12:00:00Z"
    if name == "sha256" or name.endswith("Sha256") or name == "outputKey":
        return "5f" * 32
    return name
