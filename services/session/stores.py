"""What the session service's documents need before the first is written: collections, validators, indexes."""

from contracts.documents import COLLECTIONS, json_schema
from eventlog.read.mongo import Index, MongoDatabase

NAMES = (
    "sessions",
    "accounts",
    "credentials",
    "presets",
    "projects",
    "timeline_states",
    "webhooks",
    "session_commands",
    "session_history",
)
INDEXES = (
    Index("sessions", [("assets.sha256", 1)]),
    Index("sessions", [("tenant", 1), ("createdAt", -1), ("_id", -1)]),
    Index("sessions", [("tenant", 1), ("accountId", 1), ("createdAt", -1), ("_id", -1)]),
    Index("sessions", [("tenant", 1), ("status", 1), ("createdAt", -1)]),
    Index("sessions", [("status", 1), ("updatedAt", 1)]),
    Index("sessions", [("assets.assetId", 1)]),
    Index("accounts", [("tenant", 1), ("createdAt", -1), ("_id", -1)]),
    Index("presets", [("tenant", 1), ("accountId", 1), ("createdAt", -1), ("_id", -1)]),
    Index("presets", [("tenant", 1), ("isDefault", 1), ("createdAt", -1), ("_id", -1)]),
    Index("credentials", [("keys.digest", 1)]),
    Index("credentials", [("logins.digest", 1)]),
    Index("credentials", [("tenant", 1), ("identities.digest", 1)]),
    Index("webhooks", [("tenant", 1)]),
    Index("projects", [("tenant", 1), ("projectId", 1)], unique=True),
    Index("projects", [("tenant", 1), ("createdAt", -1), ("_id", -1)]),
    Index("projects", [("tenant", 1), ("createdBy", 1), ("createdAt", -1), ("_id", -1)]),
    Index("timeline_states", [("tenant", 1), ("projectId", 1), ("version", -1)], unique=True),
    Index("timeline_states", [("stream", 1)]),
    Index("session_history", [("stream", 1), ("version", 1)], unique=True),
    Index("session_history", [("tenant", 1), ("sessionId", 1), ("at", 1)]),
)


async def install(database: MongoDatabase) -> None:
    """A repeat changes nothing. Raises `Unavailable`."""
    await database.install({name: json_schema(COLLECTIONS[name]) for name in NAMES}, INDEXES)
