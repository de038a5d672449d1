"""What a session is asked for with: which stages, which inputs, and what its caller wants to find again in it."""

from math import isfinite
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, JsonValue

from contracts.model import PERSONAL, Personal, Strict
from contracts.rendering import STAGES, Aspect, Kind, Stage, Writing


def _in_order(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    if list(stages) != [stage for stage in STAGES if stage in stages]:
        raise ValueError(f"stages are named once each, in the order {', '.join(STAGES)}; not {', '.join(stages)}")
    return stages


WantedStages = Annotated[tuple[Stage, ...], Field(min_length=1, max_length=len(STAGES)), AfterValidator(_in_order)]
"""Some stages, each once, in the order in which they are done."""

Metadata: TypeAlias = Annotated[dict[str, JsonValue], Field(json_schema_extra={PERSONAL: True})]
"""What a caller wants to find again in the session; nothing here reads it."""

_MOST = 2**63


def storable(metadata: Metadata) -> Metadata:
    """The metadata as it is. A number that no ledger and no document can hold would stop the partition that took it."""
    waiting: list[JsonValue] = [metadata]
    while waiting:
        match waiting.pop():
            case dict() as fields:
                waiting.extend(fields.values())
            case list() as items:
                waiting.extend(items)
            case int() as number if not -_MOST <= number < _MOST:
                raise ValueError("a whole number has more than 64 bits; send it as text")
            case float() as number if not isfinite(number):
                raise ValueError("a number is not finite; send it as text")
            case _:
                continue
    return metadata


StorableMetadata = Annotated[Metadata, AfterValidator(storable)]

PlanName = Annotated[str, Field(min_length=1, max_length=40)]
"""The plan of whoever asks, as it is when he does."""
"""Metadata as an input."""


class Changes(Strict):
    """Inputs that replace the session's; what is None stays as it is."""

    prompt: Personal | None = None
    script: Personal | None = None
    title: Personal | None = None
    kind: Kind | None = None
    aspect: Aspect | None = None
    language: str | None = None
    voice: str | None = None
    writing: Writing | None = None
