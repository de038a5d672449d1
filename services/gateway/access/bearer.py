"""From what stands behind `Bearer` to whoever asks: a key or a login of an account, a token of an outside issuer, or
a key that was configured."""

import hmac
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from contracts.messages.roles import AccountKind, Role, Scope
from eventlog.errors import Unavailable
from services.gateway.auth import keys, outside
from services.gateway.auth.outside import Identity
from services.gateway.auth.principal import EVERY_SCOPE, Principal
from services.gateway.ports.gateway import Gateway
from services.gateway.stored import Stored


async def owner(gateway: Gateway, token: str) -> Principal | None:
    """Whom the token speaks for; None for one that nobody has, that was revoked, or that has run out.

    Raises `Unavailable` where that cannot be learnt now.
    """
    if outside.looks_like_one(token):
        identity = await outside.proven(gateway.entrances.trusted, token, gateway.now())
        return None if identity is None else await vouched_for(gateway, identity)
    if not keys.well_formed(token):
        return None
    configured = gateway.keys.owner(token)
    if configured is not None:
        return await standing(gateway, configured)
    digest = keys.digest(token)
    document = await gateway.credentials.by_digest(digest)
    return None if document is None else _by_part(document, digest, gateway.now())


async def vouched_for(gateway: Gateway, identity: Identity) -> Principal | None:
    """The account that the identity was linked to, or else its own; None for one that was closed.

    Raises `Unavailable` where that cannot be learnt now.
    """
    own = Principal(identity.tenant, AccountKind.OIDC, identity.digest)
    document = await gateway.credentials.by_identity(identity.tenant, identity.digest)
    document = document or await gateway.credentials.of_account(own.tenant, own.account)
    if document is None:
        return own
    if document["closed"]:
        return None
    known = UUID(document["accountId"])
    role, plan = Role(document["role"]), document["plan"]
    return replace(own, role=role, plan=plan, known=None if known == own.account else known)


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
