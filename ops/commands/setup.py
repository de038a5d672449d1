"""`playhead topics`: what has to be there before the services start, and the migrations. A repeat changes nothing."""

from collections.abc import Sequence
from pathlib import Path

from blobs.postgres import MIGRATIONS as BLOBS
from contracts.topics import TOPICS
from eventlog.kafka import create_topics
from eventlog.keys.postgres import MIGRATIONS as KEYS
from eventlog.read import postgres
from ops.commands.reach import kafka
from ops.settings import OpsSettings
from services.analytics import stores as analytics
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
    ("keys", KEYS),
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
