"""Presets as the gateway uses them: found for whoever asks, and taken as what a new session does not say itself."""

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias
from uuid import UUID

from services.gateway.auth.principal import Principal
from services.gateway.http.problems import Problem
from services.gateway.ports.gateway import Gateway
from services.gateway.stored import Stored

Preset: TypeAlias = Stored
_SETTINGS = ("kind", "aspect", "language", "voice")


async def preset_of(gateway: Gateway, caller: Principal, preset_id: UUID | None) -> Preset | None:
    """The preset that the caller may use; None where none is named. Raises the problem for one that is not there."""
    if preset_id is None:
        return None
    found = await gateway.documents.preset(caller.reach, str(preset_id))
    if found is None:
        raise Problem("preset.unknown", f"There is no preset {preset_id}. GET /v1/presets lists those that there are.")
    return found


def inputs_of(given: Mapping[str, Any], said: Collection[str], preset: Preset | None) -> dict[str, Any]:
    """A session's inputs: `given`, but where it was not `said`, what the preset says. Its instructions come before
    the prompt; a script is spoken as it is."""
    if preset is None:
        return dict(given)
    settings = {name: preset[name] for name in _SETTINGS if name not in said}
    prompt = given["prompt"]
    led = f"{preset['instructions']}\n\n{prompt}" if preset["instructions"] and prompt.strip() else prompt
    return {**given, **settings, "prompt": led}
