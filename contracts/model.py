"""The two temperaments of a message: strict where somebody wishes, tolerant where something happened."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

PERSONAL = "x-personal"
"""Marks in a JSON Schema what says something about a person."""

Personal = Annotated[str, Field(json_schema_extra={PERSONAL: True})]
"""Text that says something about a person (a prompt, a script, a name, an address)."""


class Strict(BaseModel):
    """An input: unknown fields are refused, so a typing error cannot pass for a default."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="forbid")


class Tolerant(BaseModel):
    """A fact or a part of one: fields that a newer writer added are ignored, so an older reader can go on."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")


class CommandBody(Strict):
    """What a command asks for; who, when and on which stream stand in its envelope (`contracts.envelope.Command`)."""

    TYPE: ClassVar[str]
    VERSION: ClassVar[int] = 1


class EventBody(Tolerant):
    """What happened; who, when and in which stream stand in its commit (`contracts.envelope.Commit`).

    What `ERASES` leaves nothing of its stream behind: no document, no row of a journal that belongs to the stream.
    """

    TYPE: ClassVar[str]
    VERSION: ClassVar[int] = 1
    ERASES: ClassVar[bool] = False
