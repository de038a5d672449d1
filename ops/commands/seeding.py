"""`playhead seed`: what a new installation begins with: the demo user, and presets for everybody in his tenant.

Every command has an id of its own that never changes, so the log handles it once: seeding again changes nothing, and
brings back nothing that somebody has changed or deleted since.
"""

import asyncio
import os
import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from contracts.catalog import as_command
from contracts.envelope import Command, stream_id
from contracts.messages.account import RegisterAccount
from contracts.messages.preset import SavePreset
from contracts.model import CommandBody
from contracts.rendering import Aspect, Kind
from contracts.sealing import Keys, NoKeys
from contracts.topics import COMMANDS_OF
from eventlog.clock import now
from eventlog.kafka import KafkaSender
from ops.commands.reach import kafka, subject_keys
from ops.processes import DEMO_KEY_FILE
from ops.settings import OpsSettings
from services.gateway.auth.keys import RANDOM_BYTES, key_of
from services.gateway.auth.principal import Principal
from services.gateway.identity import preset_of_command, repeatable_command
from services.gateway.settings import GatewaySettings

FINE = 0
ACTOR: Final = "ops:seed"
PRESETS: Final[Sequence[tuple[str, str, Kind, Aspect, str]]] = (
    ("Explainer", "Slides in wide format, for a lesson or a talk.", Kind.SLIDES, Aspect.WIDE, ""),
    (
        "Short",
        "Slides in tall format, for a phone.",
        Kind.SLIDES,
        Aspect.TALL,
        "In at most sixty seconds, with one thought a slide.",
    ),
    ("Reading", "The script scrolls by while it is spoken.", Kind.SCROLLING_SCRIPT, Aspect.WIDE, ""),
)
"""Name, description, kind, aspect, and what comes before the prompt."""


async def seed() -> int:
    """Make the demo user, his API key and the default presets where there are none, and say where the key is kept."""
    settings = OpsSettings()
    _seed_key(settings.data_dir / DEMO_KEY_FILE)
    demo = GatewaySettings.model_validate({"PLAYHEAD_PROFILE": "local"})
    with subject_keys(settings) as opened:
        wishes = await asyncio.to_thread(commands, demo.demo, demo.starter_grant, now(), opened.keys)
    sender = KafkaSender(kafka(settings), COMMANDS_OF)
    try:
        await sender.send(wishes)
    finally:
        await sender.close()
    print(f"the demo user and {len(wishes) - 1} default presets are asked for: the log handles each once")
    return FINE


def _seed_key(file: Path) -> None:
    if file.exists():
        print(f"the demo key is in {file}")
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    key = key_of(secrets.token_bytes(RANDOM_BYTES))
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(key + "\n")
    print(f"the demo key was made: {key} (kept in {file})")


def commands(owner: Principal, starter_grant: int, at: datetime, keys: Keys | None = None) -> list[Command]:
    """Open the owner's account and save the default presets, as his. `owner` is an administrator of his tenant."""
    seal = keys or NoKeys()
    account = RegisterAccount(
        account_id=owner.account,
        kind=owner.kind,
        name=owner.subject,
        role=owner.role,
        starter_grant=starter_grant,
    )
    opened = _command(owner, "account", str(owner.account), account, f"register\n{owner.account}", at, seal)
    return [opened, *(_preset(owner, number, at, seal) for number in range(len(PRESETS)))]


def _preset(owner: Principal, number: int, at: datetime, keys: Keys) -> Command:
    name, description, kind, aspect, instructions = PRESETS[number]
    scope = f"default preset\n{name}"
    preset = preset_of_command(repeatable_command(owner.tenant, scope))
    body = SavePreset(
        preset_id=preset,
        account_id=owner.account,
        new=True,
        administrator=True,
        is_default=True,
        name=name,
        description=description,
        kind=kind,
        aspect=aspect,
        instructions=instructions,
    )
    return _command(owner, "preset", str(preset), body, scope, at, keys)


def _command(
    owner: Principal, category: str, public_id: str, body: CommandBody, scope: str, at: datetime, keys: Keys
) -> Command:
    stream, subject = (
        stream_id(kind, owner.tenant, id_) for kind, id_ in ((category, public_id), ("account", str(owner.account)))
    )
    return as_command(
        body,
        id_=repeatable_command(owner.tenant, scope),
        stream=stream,
        at=at,
        tenant=owner.tenant,
        actor=ACTOR,
        subject=subject,
        keys=keys,
    )
