"""The words of a preset: a template that its owner starts videos from.

A preset belongs to the account that saved it. A default preset belongs to its tenant: everybody there may use it, and
an administrator may change it.
"""

from typing import Annotated, ClassVar, TypeAlias
from uuid import UUID

from pydantic import AfterValidator, Field, JsonValue

from contracts.messages.erasure import ErasePreset, PresetErased
from contracts.messages.session_inputs import Metadata, storable
from contracts.model import CommandBody, EventBody, Personal
from contracts.rendering import Aspect, Kind

LONGEST_NAME = 100
LONGEST_DESCRIPTION = 1_000
LONGEST_INSTRUCTIONS = 2_000
LONGEST_CONFIGURATION = 16_384
"""Characters of JSON."""


def _small(configuration: dict[str, JsonValue]) -> dict[str, JsonValue]:
    if len(str(configuration)) > LONGEST_CONFIGURATION:
        raise ValueError(f"is too large: at most {LONGEST_CONFIGURATION:,} characters of JSON are kept")
    return configuration


Name = Annotated[Personal, Field(min_length=1, max_length=LONGEST_NAME)]
Description = Annotated[Personal, Field(max_length=LONGEST_DESCRIPTION)]
Instructions = Annotated[Personal, Field(max_length=LONGEST_INSTRUCTIONS)]
"""What is put before the prompt of a video that is started from the preset."""
Language = Annotated[str, Field(min_length=1, max_length=20)]
Voice = Annotated[str, Field(max_length=50)]
Configuration = Annotated[Metadata, AfterValidator(storable), AfterValidator(_small)]
"""What an owner wants to keep with the preset; nothing here reads it."""


class SavePreset(CommandBody):
    """Make a preset (`new`), or change one: what is None stays as it is, or is the usual in a new one.

    `account_id` is whose wish it is; `administrator` lets it change what belongs to the tenant.
    """

    TYPE: ClassVar[str] = "SavePreset"

    preset_id: UUID
    account_id: UUID
    new: bool = False
    administrator: bool = False
    is_default: bool = False
    name: Name | None = None
    description: Description | None = None
    kind: Kind | None = None
    aspect: Aspect | None = None
    language: Language | None = None
    voice: Voice | None = None
    instructions: Instructions | None = None
    configuration: Configuration | None = None


class DeletePreset(CommandBody):
    """Take a preset away. Videos that were started from it keep what they were started with."""

    TYPE: ClassVar[str] = "DeletePreset"

    account_id: UUID
    administrator: bool = False


class PresetSaved(EventBody):
    """A preset reads like this from here on."""

    TYPE: ClassVar[str] = "preset.saved"

    preset_id: UUID
    account_id: UUID
    is_default: bool
    name: Personal
    description: Personal
    kind: Kind
    aspect: Aspect
    language: str
    voice: str
    instructions: Personal
    configuration: Metadata


class PresetDeleted(EventBody):
    """A preset was taken away."""

    TYPE: ClassVar[str] = "preset.deleted"

    preset_id: UUID
    account_id: UUID


PresetCommand: TypeAlias = SavePreset | DeletePreset | ErasePreset

PresetEvent: TypeAlias = PresetSaved | PresetDeleted | PresetErased
