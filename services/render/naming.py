"""Who names bytes besides the jobs that made them: as long as one does, they are not collected."""

from collections.abc import Collection
from typing import Final

from eventlog.read.mongo import MongoDatabase

NAMING: Final = (("sessions", "assets.sha256"), ("uploads", "sha256"))
"""(collection, field) of each."""


async def named(database: MongoDatabase, digests: Collection[str]) -> frozenset[str]:
    """Which of the digests some document of some tenant names. Raises `Unavailable`."""
    return frozenset([sha256 for sha256 in digests if await _is_named(database, sha256)])


async def _is_named(database: MongoDatabase, sha256: str) -> bool:
    for collection, field in NAMING:
        if await database.collection(collection).find_one({field: sha256}) is not None:
            return True
    return False
