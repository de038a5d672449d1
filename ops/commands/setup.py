"""`playhead topics | seed`: what has to be there before the services start. A repeat changes nothing."""

import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from blobs.postgres import MIGRATIONS as BLOBS
from contracts.topics import COMMANDS_OF, TOPICS
from eventlog.clock import now
from eventlog.kafka import KafkaSender, create_topics
from eventlog.read import postgres
from ops.commands import seeding
from ops.commands.reach import kafka
from ops.processes import DEMO_KEY_FILE
from ops.settings import OpsSettings
from services.analytics import stores as analytics
from services.gateway.auth.keys import RANDOM_BYTES, key_of
from services.gateway.settings import GatewaySettings
from services.render import stores as render
from services.render.sql import RETENTION_MIGRATIONS, UPLOADS_MIGRATIONS

FINE = 0

MIGRATIONS: Sequence[tuple[str, Path]] = (
    ("eventlog", postgres.MIGRATIONS),
    ("blobs", BLOBS),
    ("render", render.MIGRATIONS),
    ("retention", RETENTION_MIGRATIONS),
    ("uploads", UPLOADS_MIGRATIONS),
    ("analytics", analytics.MIGRATIONS),
    ("metrics", analytics.METRICS),
    ("workflow", analytics.WORKFLOW),
    ("wallet", analytics.WALLET_MIGRATIONS),
    ("platform", analytics.PLATFORM),
    ("audit", analytics.AUDIT),
    ("roles", Path(__file__).parents[1] / "sql" / "roles"),
)
"""(the name under which the database remembers them, where they are), in the order in which they are applied."""


async def topics(*, replication: int = 1) -> int:
    """Make the topics that are missing and begin each chain with a genesis commit; check those that are there."""
    settings = OpsSettings()
    made = await create_topics(kafka(settings), TOPICS, settings.partitions, replication)
    for topic in TOPICS:
        print(f"{topic.name}: {'made' if topic.name in made else 'as declared'}")
    return FINE


async def seed() -> int:
    """Make the demo user, his API key and the default presets where there are none, and say where the key is kept."""
    settings = OpsSettings()
    _seed_key(settings.data_dir / DEMO_KEY_FILE)
    demo = GatewaySettings.model_validate({"PLAYHEAD_PROFILE": "local"})
    wishes = seeding.commands(demo.demo, demo.starter_grant, now())
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
