"""Personal text in what an operator is shown: hidden by the names of the fields that the contracts mark as personal.

Tables and states name the same things in snake case, or keep a text under another name: what stood under a marked
name is hidden wherever it stands again, and prose is hidden everywhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from pydantic.alias_generators import to_snake

from contracts.documents import COLLECTIONS
from contracts.messages import RENDER_CATALOG, SESSION_CATALOG

_PROSE = 3
"""So many words are a text of somebody's; ids, codes and times have none between blanks."""
_LEAST = 3
"""A shorter personal text is hidden under its own name alone: it would be found inside of any word."""


@cache
def personal_names() -> frozenset[str]:
    """Every field that an event or a document marks, as JSON and as SQL name it."""
    marked = {name for schema in _schemas() for name in _marked(schema)}
    return frozenset(marked | {to_snake(name) for name in marked})


def personal_texts(value: Any) -> frozenset[str]:
    """What stands under a marked name, at any depth."""
    return frozenset(text for text in _under_marked(value, marked=False) if len(text) >= _LEAST)


def redacted(value: Any, texts: frozenset[str] = frozenset()) -> Any:
    """The same without personal text; `texts` are hidden under any name."""
    if isinstance(value, Mapping):
        return {name: _hidden(one) if name in personal_names() else redacted(one, texts) for name, one in value.items()}
    if isinstance(value, str):
        personal = len(value.split()) >= _PROSE or any(text in value for text in texts)
        return _hidden(value) if personal else value
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [redacted(one, texts) for one in value]
    return value


def redacted_at(path: str, value: Any) -> Any:
    """A value whose place is written as `stages[0].name`."""
    names = {part.partition("[")[0] for part in path.split(".")}
    return _hidden(value) if names & personal_names() else redacted(value)


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        return f"… ({len(value)} characters)" if value else value
    if isinstance(value, Mapping | list | tuple):
        return f"… ({len(value)} of something personal)" if value else value
    return value


def _under_marked(value: Any, *, marked: bool) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _under_marked(one, marked=marked or name in personal_names())
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _under_marked(one, marked=marked)
    elif isinstance(value, str) and marked:
        yield value


def _schemas() -> Iterator[Mapping[str, Any]]:
    for catalog in (SESSION_CATALOG, RENDER_CATALOG):
        yield from (event.model_json_schema(by_alias=True) for event in catalog.events.values())
    yield from (document.model_json_schema(by_alias=True) for document in COLLECTIONS.values())


def _marked(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        for name, one in schema.get("properties", {}).items():
            if _is_marked(one):
                yield name
        for part in schema.values():
            yield from _marked(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _marked(part)


def _is_marked(schema: Any) -> bool:
    """Whether the field itself, or what it is a list or a choice of, is personal text."""
    if isinstance(schema, list):
        return any(_is_marked(one) for one in schema)
    if not isinstance(schema, Mapping):
        return False
    inside = (schema.get(name) for name in ("anyOf", "allOf", "oneOf", "items", "prefixItems", "additionalProperties"))
    return bool(schema.get("x-personal")) or any(_is_marked(one) for one in inside)
