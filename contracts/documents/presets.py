"""The documents of presets."""

from datetime import datetime

from pydantic import JsonValue

from contracts.documents.parts import Document
from contracts.model import Personal
from contracts.rendering import Aspect, Kind


class PresetDocument(Document):
    """`presets`, by the session service's projector: one template. `deleted_at` is set once it was taken away."""

    preset_id: str
    account_id: str
    is_default: bool
    name: Personal
    description: Personal
    kind: Kind
    aspect: Aspect
    language: str
    voice: str
    instructions: Personal
    configuration: dict[str, JsonValue]
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    version: int
