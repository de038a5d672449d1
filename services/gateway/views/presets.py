"""What the API answers about presets, typed."""

from pydantic import JsonValue

from contracts.rendering import Aspect, Kind
from services.gateway.http.view import Moment, View


class PresetView(View):
    """A template. `isDefault`: everybody of the tenant may use it. `instructions` come before a video's prompt."""

    preset_id: str
    is_default: bool
    name: str
    description: str
    kind: Kind
    aspect: Aspect
    language: str
    voice: str
    instructions: str
    configuration: dict[str, JsonValue]
    created_at: Moment
    updated_at: Moment
    version: int
