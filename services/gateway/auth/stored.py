"""`credentials` in MongoDB: found by digest over all tenants, for whoever shows a key says by it whose he is."""

import asyncio

import structlog

from contracts.envelope import stream_id
from eventlog.errors import Conflict, Unavailable
from eventlog.read.mongo import MongoDatabase
from services.gateway.auth.credentials import Credentials
from services.gateway.stored import Stored

COLLECTION = "credentials"
PAUSE_SECONDS = 0.5
_log = structlog.get_logger(__name__)


class MongoCredentials:
    """`CredentialStore`, from the collection of the session service's projector."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database

    async def by_digest(self, digest: str) -> Stored | None:
        where = {"$or": [{"keys.digest": digest}, {"logins.digest": digest}]}
        return await self._database.collection(COLLECTION).find_one(where)

    async def by_identity(self, tenant: str, digest: str) -> Stored | None:
        found = await self._database.of_tenant(COLLECTION, tenant).find({"identities.digest": digest}, limit=20)
        linked = [
            (part["linkedAt"], row["_id"], row)
            for row in found
            for part in row["identities"]
            if part["digest"] == digest
        ]
        return min(linked, key=lambda one: one[:2])[2] if linked else None

    async def of_account(self, tenant: str, account: str) -> Stored | None:
        where = {"_id": stream_id("account", tenant, account)}
        return await self._database.of_tenant(COLLECTION, tenant).find_one(where)


async def follow(database: MongoDatabase, credentials: Credentials) -> None:
    """Tell `credentials` of every change. Runs until it is cancelled."""
    while True:
        try:
            async with database.watch([COLLECTION]) as stream:
                credentials.beat()
                while True:
                    change = await stream.next()
                    if change is not None:
                        credentials.changed(change.document)
                    credentials.beat()
        except (Unavailable, Conflict) as error:
            _log.warning("credentials cannot be followed; trying again", error=str(error)[:200])
        finally:
            credentials.lost()
        await asyncio.sleep(PAUSE_SECONDS)
