"""A preset: a template that its owner starts videos from.

    Absent ──saved──► Kept ──saved──► Kept ──deleted──► Deleted

Somebody else's preset is answered as a missing one; an administrator may change it. A default preset is everybody's to
use in its tenant, and an administrator's to change.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

import msgspec

from contracts.messages.erasure import ErasePreset, PresetErased
from contracts.messages.preset import DeletePreset, PresetCommand, PresetDeleted, PresetEvent, PresetSaved, SavePreset
from contracts.rendering import Aspect, Kind
from eventlog.errors import Refused
from eventlog.write.decider import Decider


class Absent(msgspec.Struct, frozen=True, tag=True):
    """Nothing has happened yet."""


class Kept(msgspec.Struct, frozen=True, tag=True):
    """What the preset says: `saved` is its last event, as JSON."""

    preset_id: UUID
    account_id: UUID
    is_default: bool
    saved: str


class Deleted(msgspec.Struct, frozen=True, tag=True):
    """It was taken away. `erased`: so is every trace of whose it was."""

    account_id: UUID
    is_default: bool
    erased: bool = False


Preset: TypeAlias = Absent | Kept | Deleted


def evolve(state: Preset, event: PresetEvent) -> Preset:
    """The preset after the event."""
    match state, event:
        case _, PresetSaved():
            return Kept(event.preset_id, event.account_id, event.is_default, event.model_dump_json(by_alias=True))
        case ((Kept() | Deleted()), PresetErased()):
            return Deleted(state.account_id, state.is_default, erased=True)
        case Kept(), PresetDeleted():
            return Deleted(state.account_id, state.is_default)
        case ((Absent() | Deleted()), PresetDeleted()) | (Absent(), PresetErased()):
            return state


def decide(state: Preset, command: PresetCommand, _at: datetime) -> Sequence[PresetEvent]:
    """What happens to the preset."""
    match state, command:
        case ((Absent() | Kept(is_default=True) | Deleted(is_default=True) | Deleted(erased=True)), ErasePreset()):
            return []
        case ((Kept() | Deleted()), ErasePreset()):
            return [PresetErased()]
        case Absent(), SavePreset(new=True):
            return [_made(command)]
        case Kept(), SavePreset(new=True):
            return _made_again(state, command)
        case Kept(), SavePreset():
            _check_owner(state, command)
            return _changed(state, command)
        case Kept(), DeletePreset():
            _check_owner(state, command)
            return [PresetDeleted(preset_id=state.preset_id, account_id=state.account_id)]
        case Deleted(account_id=owner), DeletePreset(account_id=asking) if owner == asking or command.administrator:
            return []
        case ((Absent() | Deleted()), _):
            raise Refused("preset.unknown", "there is no preset of this id, or it was deleted")


def _made(command: SavePreset) -> PresetSaved:
    if command.name is None:
        raise Refused("preset.nameless", "a new preset needs a name")
    if command.is_default and not command.administrator:
        raise Refused("preset.default", "default presets are made by an administrator")
    return PresetSaved(
        preset_id=command.preset_id,
        account_id=command.account_id,
        is_default=command.is_default,
        name=command.name,
        description=command.description or "",
        kind=command.kind or Kind.SLIDES,
        aspect=command.aspect or Aspect.WIDE,
        language=command.language or "en",
        voice=command.voice or "",
        instructions=command.instructions or "",
        configuration=command.configuration or {},
    )


def _made_again(state: Kept, command: SavePreset) -> Sequence[PresetEvent]:
    if _made(command) == PresetSaved.model_validate_json(state.saved):
        return []
    raise Refused("preset.exists", "another preset has this id")


def _changed(state: Kept, command: SavePreset) -> Sequence[PresetEvent]:
    before = PresetSaved.model_validate_json(state.saved)
    fields = ("name", "description", "kind", "aspect", "language", "voice", "instructions", "configuration")
    wanted = {name: value for name in fields if (value := getattr(command, name)) is not None}
    after = before.model_copy(update=wanted)
    return [] if after == before else [after]


def _check_owner(state: Kept, command: SavePreset | DeletePreset) -> None:
    if command.administrator:
        return
    if state.is_default:
        raise Refused("preset.default", "default presets are changed by an administrator; save one of your own instead")
    if command.account_id != state.account_id:
        raise Refused("preset.unknown", "there is no preset of this id, or it was deleted")


def subject(state: Preset) -> UUID | None:
    """Who keeps it. A default preset is its tenant's, and nobody's in person."""
    return None if isinstance(state, Absent) or state.is_default else state.account_id


DECIDER: Decider[Preset] = Decider(
    category="preset",
    version=1,
    initial=Absent(),
    state_type=Preset,
    evolve=evolve,
    decide=decide,
    commands=(SavePreset, DeletePreset, ErasePreset),
    subject=subject,
)
