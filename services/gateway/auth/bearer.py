"""From what stands behind `Bearer` to whoever asks: a key or a login of an account, or a key that was configured."""

import hmac
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from contracts.messages.roles import AccountKind, Role, Scope
from eventlog.errors import Unavailable
from services.gateway.auth import keys
from services.gateway.auth.credentials import Stored
from services.gateway.auth.principal import EVERY_SCOPE, Principal
from services.gateway.gateway import Gateway


async def owner(gateway: Gateway, token: str) -> Principal | None:
    """Whom the token speaks for; None for one that nobody has, that was revoked, or that has run out.

    Raises `Unavailable` where that cannot be learnt now.
    """
    if not keys.well_formed(token):
        return None
    configured = gateway.keys.owner(token)
    if configured is not None:
        return await standing(gateway, configured)
    digest = keys.digest(token)
    document = await gateway.credentials.by_digest(digest)
    return None if document is None else _by_part(document, digest, gateway.now())


async def standing(gateway: Gateway, principal: Principal) -> Principal | None:
    """The principal of a configured key with its account's plan; None for an account that was closed.

    With the read store away he goes on: whoever configured the key can take it out again.
    """
    try:
        document = await gateway.credentials.of_account(principal.tenant, principal.account)
    except Unavailable:
        return principal
    if document is None:
        return principal
    return None if document["closed"] else replace(principal, plan=document["plan"])


def _by_part(document: Stored, digest: str, now: datetime) -> Principal | None:
    """The account of the key or login; None where it has ended."""
    for part in (*document["keys"], *document["logins"]):
        if hmac.compare_digest(part["digest"], digest):
            break
    else:
        return None
    if part["expiresAt"] is not None and part["expiresAt"] <= now:
        return None
    return Principal(
        tenant=document["tenant"],
        kind=AccountKind(document["kind"]),
        subject="",
        role=Role(document["role"]),
        plan=document["plan"],
        known=UUID(document["accountId"]),
        credential=part.get("keyId") or part["loginId"],
        scopes=frozenset(Scope(scope) for scope in part["scopes"]) if "scopes" in part else EVERY_SCOPE,
    )
