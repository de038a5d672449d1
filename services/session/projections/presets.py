"""`presets`: one document a template (`contracts.documents.PresetDocument`); a deleted one stays, with its time."""

from contracts.messages.preset import PresetDeleted, PresetSaved
from eventlog.read.projection import Fact, Projection, View


def fold(view: View, fact: Fact) -> View:
    """The document after the event."""
    match fact.body:
        case PresetSaved() as body:
            return (
                {
                    "_id": fact.stream,
                    "tenant": fact.tenant,
                    "presetId": str(body.preset_id),
                    "accountId": str(body.account_id),
                    "isDefault": body.is_default,
                    "name": body.name,
                    "description": body.description,
                    "kind": body.kind.value,
                    "aspect": body.aspect.value,
                    "language": body.language,
                    "voice": body.voice,
                    "instructions": body.instructions,
                    "configuration": body.configuration,
                    "createdAt": view[0]["createdAt"] if view else fact.at,
                    "updatedAt": fact.at,
                    "deletedAt": None,
                    "version": fact.version,
                },
            )
        case PresetDeleted():
            return tuple({**row, "deletedAt": fact.at, "updatedAt": fact.at, "version": fact.version} for row in view)
        case _:
            return view


PROJECTION = Projection("presets", 1, "preset", fold)
