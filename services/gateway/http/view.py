"""What every answer is made of: its fields in camelCase, its times, and a page of a list."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema
from pydantic.alias_generators import to_camel

Item = TypeVar("Item")


def written_time(moment: datetime) -> str:
    """`2026-11-20T08:15:30.123Z`."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[
    datetime,
    PlainSerializer(written_time, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-20T08:15:30.123Z"]}),
]


class View(BaseModel):
    """An answer, or a part of one. Made from documents: fields that are not named here are not answered."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore", use_enum_values=True
    )


class Page(View, Generic[Item]):
    """A part of a list, newest first."""

    items: Sequence[Item]
    next_cursor: str | None
    has_more: bool
