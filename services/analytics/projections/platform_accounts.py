"""The platform's tables of accounts: users, the identities that act for them, and their logins."""

from typing import Any

from contracts.messages.access import (
    ErasureRequested,
    IdentityLinked,
    IdentityUnlinked,
    SignedIn,
    SignedOut,
    Standing,
)
from contracts.messages.account import AccountRegistered
from eventlog.read.projection import Fact, Projection, View


def fold_user(view: View, fact: Fact) -> View:
    """`platform.users`: who an account is, and what it may do. Any event may be the first that tells of it."""
    body = fact.body
    told = isinstance(body, AccountRegistered | Standing)
    if not view and not told:
        return view
    before: dict[str, Any] = dict(view[0]) if view else {"name": "", "created_at": fact.at, "deleted_at": None}
    if told:
        before |= {
            "stream": fact.stream,
            "tenant_id": fact.tenant,
            "user_id": body.account_id,
            "kind": body.kind.value,
            "role": body.role.value,
            "plan": body.plan,
        }
    if isinstance(body, AccountRegistered):
        before["name"] = body.name
    if isinstance(body, ErasureRequested):
        before |= {"name": "", "deleted_at": fact.at}
    return ({**before, "updated_at": fact.at, "version": fact.version},)


def fold_identity(view: View, fact: Fact) -> View:
    """`platform.accounts`: how the owner of an account proves who he is."""
    match fact.body:
        case AccountRegistered() as body:
            return (*view, _identity(body, fact, body.kind.value, body.address or body.name))
        case IdentityLinked() as body:
            others = tuple(row for row in view if row["provider_account_id"] != body.digest)
            return (*others, _identity(body, fact, body.provider, body.digest))
        case IdentityUnlinked() as body:
            return tuple(row for row in view if row["provider_account_id"] != body.digest)
        case ErasureRequested():
            return ()
        case _:
            return view


def fold_login(view: View, fact: Fact) -> View:
    """`platform.auth_sessions`: the logins that nobody has ended."""
    match fact.body:
        case SignedIn() as body:
            login = {
                "stream": fact.stream,
                "tenant_id": fact.tenant,
                "login_id": body.login_id,
                "user_id": body.account_id,
                "method": body.method,
                "started_at": fact.at,
                "expires_at": body.expires_at,
            }
            return (*(row for row in view if row["login_id"] != body.login_id), login)
        case SignedOut() as body:
            return tuple(row for row in view if row["login_id"] != body.login_id)
        case ErasureRequested():
            return ()
        case _:
            return view


def _identity(body: AccountRegistered | IdentityLinked, fact: Fact, provider: str, subject: str) -> dict[str, Any]:
    return {
        "stream": fact.stream,
        "tenant_id": fact.tenant,
        "user_id": body.account_id,
        "provider": provider,
        "provider_account_id": subject,
        "created_at": fact.at,
    }


USERS = Projection("platform.users", 1, "account", fold_user, key=("stream",))
IDENTITIES = Projection(
    "platform.accounts", 1, "account", fold_identity, key=("stream", "provider", "provider_account_id")
)
LOGINS = Projection("platform.auth_sessions", 1, "account", fold_login, key=("stream", "login_id"))
OF_ACCOUNTS: tuple[Projection, ...] = (USERS, IDENTITIES, LOGINS)
