"""`playhead topics | migrate | seed`: what has to be there before the services start. A repeat changes nothing."""

import os
import secrets
from pathlib import Path

from contracts.topics import TOPICS
from eventlog.kafka import create_topics
from eventlog.migrations import Migration, status, up
from ops.commands.reach import endpoints, kafka
from ops.processes import DEMO_KEY_FILE
from ops.settings import OpsSettings
from services.gateway.auth.keys import RANDOM_BYTES, key_of

FINE = 0


async def topics(*, replication: int = 1) -> int:
    """Make the topics that are missing and begin each chain with a genesis commit; check those that are there."""
    settings = OpsSettings()
    made = await create_topics(kafka(settings), TOPICS, settings.partitions, replication)
    for topic in TOPICS:
        print(f"{topic.name}: {'made' if topic.name in made else 'as declared'}")
    return FINE


def seed() -> int:
    """Make the demo account's API key where there is none, and say where it is kept."""
    settings = OpsSettings()
    file = settings.data_dir / DEMO_KEY_FILE
    if file.exists():
        print(f"the demo key is in {file}")
        return FINE
    file.parent.mkdir(parents=True, exist_ok=True)
    key = key_of(secrets.token_bytes(RANDOM_BYTES))
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(key + "\n")
    print(f"the demo key was made: {key} (kept in {file})")
    return FINE
