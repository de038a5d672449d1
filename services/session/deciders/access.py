"""Who may act for an account: its keys, logins and linked identities, its plan and role, and its end.

The rules of `services.session.deciders.account` hand over to these, with what is known about access as their state.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from contracts.messages.access import (
    AccessCommand,
    AccessEvent,
    ChangePlan,
    ChangeRole,
    ErasureRequested,
    IdentityLinked,
    IdentityUnlinked,
    IssueKey,
    KeyIssued,
    KeyRevoked,
    LinkIdentity,
    PlanChanged,
    RequestErasure,
    RevokeKey,
    RoleChanged,
    SignedIn,
    SignedOut,
    SignIn,
    SignOut,
    UnlinkIdentity,
)
from contracts.messages.roles import AccountKind, Role, Scope
from eventlog.errors import Refused

MOST_KEYS = 50
MOST_LOGINS = 50
MOST_IDENTITIES = 20
"""An account's credentials are one document: it stays small."""


class Access(msgspec.Struct, frozen=True):
    """Keys and logins by id, with when they end; linked identities by digest."""

    account_id: UUID
    kind: AccountKind = AccountKind.DEMO
    role: Role = Role.USER
    plan: str = "free"
    keys: dict[UUID, datetime | None] = {}
    logins: dict[UUID, datetime] = {}
    identities: frozenset[str] = frozenset()
    closed: bool = False


def evolve(state: Access, event: AccessEvent) -> Access:
    """What is known about access after the event."""
    change = msgspec.structs.replace
    match event:
        case KeyIssued():
            return change(state, keys={**state.keys, event.key_id: event.expires_at})
        case KeyRevoked():
            return change(state, keys={id_: end for id_, end in state.keys.items() if id_ != event.key_id})
        case SignedIn():
            return change(state, logins={**state.logins, event.login_id: event.expires_at})
        case SignedOut():
            return change(state, logins={id_: end for id_, end in state.logins.items() if id_ != event.login_id})
        case IdentityLinked():
            return change(state, identities=state.identities | {event.digest})
        case IdentityUnlinked():
            return change(state, identities=state.identities - {event.digest})
        case PlanChanged():
            return change(state, plan=event.plan)
        case RoleChanged():
            return change(state, role=event.role)
        case ErasureRequested():
            return change(state, keys={}, logins={}, identities=frozenset(), closed=True)


def decide(state: Access, command: AccessCommand, at: datetime) -> Sequence[AccessEvent]:
    """What happens. Nothing is added to an account that is closed; asking to end what has ended is no news."""
    account = state.account_id
    match command:
        case RequestErasure():
            return [] if state.closed else [ErasureRequested(**_standing(state))]
        case RevokeKey(key_id=key):
            return [KeyRevoked(account_id=account, key_id=key)] if key in state.keys else []
        case SignOut(login_id=login):
            return [SignedOut(account_id=account, login_id=login)] if login in state.logins else []
        case UnlinkIdentity(digest=digest):
            return [IdentityUnlinked(account_id=account, digest=digest)] if digest in state.identities else []
        case _ if state.closed:
            raise Refused("account.closed", "the account is closed: nothing can be added to it any more")
        case IssueKey():
            return _issue(state, command, at)
        case SignIn():
            return _sign_in(state, command, at)
        case LinkIdentity():
            return _link(state, command)
        case ChangePlan(plan=plan):
            return [] if plan == state.plan else [PlanChanged(**_standing(state, plan=plan))]
        case ChangeRole(role=role):
            return [] if role == state.role else [RoleChanged(**_standing(state, role=role))]


def _issue(state: Access, command: IssueKey, at: datetime) -> Sequence[AccessEvent]:
    if command.key_id in state.keys:
        return []
    if Scope.ADMIN in command.scopes and state.role != Role.ADMIN:
        raise Refused("key.scope", f"a key with the scope admin is for an admin's account, this one is {state.role}")
    if command.expires_at is not None and command.expires_at <= at:
        raise Refused("key.expired", "a key has to end in the future: choose a later expiresAt")
    if sum(end is None or end > at for end in state.keys.values()) >= MOST_KEYS:
        raise Refused("key.too_many", f"an account has at most {MOST_KEYS} live keys: revoke one first")
    expired = [key for key, end in state.keys.items() if end is not None and end <= at]
    return [
        *(KeyRevoked(account_id=state.account_id, key_id=key) for key in expired),
        KeyIssued(
            **_standing(state),
            key_id=command.key_id,
            digest=command.digest,
            prefix=command.prefix,
            name=command.name,
            scopes=command.scopes,
            expires_at=command.expires_at,
        ),
    ]


def _sign_in(state: Access, command: SignIn, at: datetime) -> Sequence[AccessEvent]:
    """A new login ends those that ran out, and the oldest where there are too many."""
    if command.login_id in state.logins:
        return []
    by_end = sorted(state.logins, key=lambda login: (state.logins[login], login))
    live = [login for login in by_end if state.logins[login] > at]
    kept = set(live[max(0, len(live) - MOST_LOGINS + 1) :])
    ended = [SignedOut(account_id=state.account_id, login_id=login) for login in by_end if login not in kept]
    begun = SignedIn(
        **_standing(state),
        login_id=command.login_id,
        digest=command.digest,
        method=command.method,
        expires_at=command.expires_at,
    )
    return [*ended, begun]


def _link(state: Access, command: LinkIdentity) -> Sequence[AccessEvent]:
    if command.digest in state.identities:
        return []
    if len(state.identities) >= MOST_IDENTITIES:
        raise Refused("identity.too_many", f"an account has at most {MOST_IDENTITIES} identities: unlink one first")
    return [
        IdentityLinked(
            **_standing(state),
            provider=command.provider,
            digest=command.digest,
        )
    ]


def _standing(state: Access, **changed: Any) -> dict[str, Any]:
    now = {"account_id": state.account_id, "kind": state.kind, "role": state.role, "plan": state.plan}
    return {**now, **changed}
