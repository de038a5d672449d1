"""`credentials`: one document an account, about who may act for it (`contracts.documents.CredentialsDocument`).

Every event that can be an account's first here carries how the account stands, so nothing older is needed.
"""

from datetime import UTC, datetime
from typing import Any

from contracts.messages.access import (
    ErasureRequested,
    IdentityLinked,
    IdentityUnlinked,
    KeyIssued,
    KeyRevoked,
    PlanChanged,
    RoleChanged,
    SignedIn,
    SignedOut,
    Standing,
)
from eventlog.read.projection import Fact, Projection, Row, View


def fold(view: View, fact: Fact) -> View:
    """The document after the event; what has nothing to do with access leaves it as it is."""
    body = fact.body
    match body:
        case KeyIssued():
            return _add(view, fact, body, "keys", _key(body, fact))
        case SignedIn():
            return _add(view, fact, body, "logins", _login(body, fact))
        case IdentityLinked():
            identity = {"provider": body.provider, "digest": body.digest, "linkedAt": fact.at}
            return _add(view, fact, body, "identities", identity)
        case KeyRevoked():
            return _remove(view, fact, "keys", "keyId", str(body.key_id))
        case SignedOut():
            return _remove(view, fact, "logins", "loginId", str(body.login_id))
        case IdentityUnlinked():
            return _remove(view, fact, "identities", "digest", body.digest)
        case PlanChanged() | RoleChanged():
            return (_standing(view, fact, body),)
        case ErasureRequested():
            ended = {"closed": True, "keys": [], "logins": [], "identities": []}
            return ({**_standing(view, fact, body), **ended},)
        case _:
            return view


def _standing(view: View, fact: Fact, body: Standing) -> dict[str, Any]:
    before: Row = (
        view[0]
        if view
        else {
            "_id": fact.stream,
            "tenant": fact.tenant,
            "accountId": str(body.account_id),
            "closed": False,
            "keys": [],
            "logins": [],
            "identities": [],
            "createdAt": fact.at,
        }
    )
    now = {"kind": body.kind.value, "role": body.role.value, "plan": body.plan}
    return {**before, **now, "updatedAt": fact.at, "version": fact.version}


def _add(view: View, fact: Fact, body: Standing, to: str, part: Row) -> View:
    document = _standing(view, fact, body)
    return ({**document, to: [*document[to], part]},)


def _remove(view: View, fact: Fact, from_: str, name: str, value: str) -> View:
    document = view[0]
    kept = [part for part in document[from_] if part[name] != value]
    return ({**document, from_: kept, "updatedAt": fact.at, "version": fact.version},)


def _key(body: KeyIssued, fact: Fact) -> Row:
    return {
        "keyId": str(body.key_id),
        "digest": body.digest,
        "prefix": body.prefix,
        "name": body.name,
        "scopes": [scope.value for scope in body.scopes],
        "issuedAt": fact.at,
        "expiresAt": body.expires_at and _kept(body.expires_at),
    }


def _login(body: SignedIn, fact: Fact) -> Row:
    return {
        "loginId": str(body.login_id),
        "digest": body.digest,
        "method": body.method,
        "startedAt": fact.at,
        "expiresAt": _kept(body.expires_at),
    }


def _kept(moment: datetime) -> datetime:
    """As MongoDB keeps it: in UTC, whole milliseconds."""
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


PROJECTION = Projection("credentials", 1, "account", fold, lasting=True)
