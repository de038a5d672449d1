"""What the render service's documents and rows need before the first is written."""

from pathlib import Path

from contracts.documents import COLLECTIONS, json_schema
from eventlog.read.mongo import Index, MongoDatabase

NAMES = ("jobs", "uploads", "render_commands", "render_history")
INDEXES = (
    Index("jobs", [("tenant", 1), ("sessionId", 1)]),
    Index("jobs", [("tenant", 1), ("createdAt", -1), ("_id", -1)]),
    Index("jobs", [("tenant", 1), ("accountId", 1), ("createdAt", -1), ("_id", -1)]),
    Index("jobs", [("tenant", 1), ("status", 1), ("createdAt", 1)]),
    Index("uploads", [("assetId", 1)]),
    Index("uploads", [("tenant", 1), ("accountId", 1)]),
    Index("uploads", [("sha256", 1)]),
    Index("uploads", [("expiresAt", 1)]),
    Index("render_history", [("stream", 1), ("version", 1)], unique=True),
    Index("render_history", [("tenant", 1), ("sessionId", 1), ("at", 1)]),
)
MIGRATIONS = Path(__file__).with_name("sql") / "migrations"
"""The queue and the leases, in PostgreSQL."""


async def install(database: MongoDatabase) -> None:
    """A repeat changes nothing. Raises `Unavailable`."""
    await database.install({name: json_schema(COLLECTIONS[name]) for name in NAMES}, INDEXES)
