"""Collections bound to a reach: whose a document is, each kind tells in a field of its own."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from eventlog.read.mongo import MongoDatabase
from eventlog.read.mongo.collections import TenantCollection
from services.gateway.auth.reach import Reach
from services.gateway.identity import actor_of

OWNERS: Final[Mapping[str, str]] = {
    "sessions": "accountId",
    "jobs": "accountId",
    "uploads": "accountId",
    "presets": "accountId",
    "accounts": "accountId",
    "projects": "createdBy",
    "timeline_states": "createdBy",
    "session_commands": "actor",
    "render_commands": "actor",
}
"""Collection to the field that names the account. Of any other no question with a reach can be asked."""


def within(database: MongoDatabase, name: str, reach: Reach) -> TenantCollection:
    """The collection, as far as the reach goes."""
    if reach.only is None:
        return database.of_tenant(name, reach.tenant)
    return database.of_tenant(name, reach.tenant, owned_by(name, reach.only))


def owned_by(name: str, account: UUID) -> Mapping[str, Any]:
    """What holds for the account's own documents of the collection; a default preset is everybody's own."""
    field = OWNERS[name]
    own = {field: {"$eq": actor_of(account) if field == "actor" else str(account)}}
    return {"$or": [own, {"isDefault": True}]} if name == "presets" else own
