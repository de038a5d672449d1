"""Names that follow from what they name: the key of a stage's output, the id of an artifact."""

import hashlib
import json
from collections.abc import Mapping
from uuid import UUID, uuid5

from contracts.rendering import Stage

RENDERER_VERSION = "5"
"""Goes up with every change that changes a byte of any output; old outputs stay under their old keys."""

_ARTIFACTS = UUID("6f7c3f0e-3c52-5b0b-9f5e-2f6f5c0c7a51")


def output_key(stage: Stage, depends: Mapping[str, str | int]) -> str:
    """SHA-256 over stage, renderer version and everything that the output depends on, in one canonical form."""
    whole = {"stage": stage.value, "renderer": RENDERER_VERSION, "depends": dict(depends)}
    return hashlib.sha256(json.dumps(whole, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def asset_id(key: str, file_name: str) -> UUID:
    """The id of the file that the output with this key has under that name."""
    return uuid5(_ARTIFACTS, f"{key}/{file_name}")
