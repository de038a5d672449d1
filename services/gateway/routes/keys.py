"""The keys and logins of whoever asks: issued, listed, revoked."""

from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.envelope import stream_id
from contracts.messages.access import IssueKey, RevokeKey, SignOut
from contracts.messages.roles import Scope
from contracts.model import CommandBody
from contracts.topics import SESSION_COMMANDS
from eventlog.errors import Unavailable
from services.gateway.access.callers import Caller, check_owner
from services.gateway.asking.idempotency import once
from services.gateway.asking.wishes import Wish, ask, command_id, register
from services.gateway.auth import keys
from services.gateway.auth.principal import Principal
from services.gateway.http.bodies import Body, Given, JsonBody
from services.gateway.http.problems import Problem
from services.gateway.http.view import Moment, View
from services.gateway.lists.moments import GivenMoment
from services.gateway.ports.gateway import Gateway, gateway_of
from services.gateway.ports.waiting import Outcome
from services.gateway.routes.answers import answered, command_answers, said
from services.gateway.views.sessions import Accepted

router = APIRouter(prefix="/v1/me", tags=["account"])


class NewKey(Body):
    """A key to be issued. A key gives no more than its maker has."""

    name: str = Field(default="", max_length=100, examples=["the build server"])
    scopes: tuple[Scope, ...] = Field(default=(Scope.READ, Scope.WRITE), min_length=1, max_length=3)
    expires_at: GivenMoment | None = Field(default=None, description="Without it the key works until it is revoked.")


class KeyView(View):
    """A key, without what makes it one."""

    key_id: str
    prefix: str
    name: str
    scopes: list[Scope]
    issued_at: Moment
    expires_at: Moment | None


class IssuedKeyView(KeyView):
    """A key as its maker sees it once: `key` is never told again, to a repeat of the call neither."""

    key: str | None = None


class AcceptedKey(Accepted):
    """The key works as soon as the command is applied; `key` is never told again."""

    key_id: str
    key: str | None = None


class LoginView(View):
    """A login."""

    login_id: str
    method: str
    started_at: Moment
    expires_at: Moment


class KeysView(View):
    """All keys of the account, newest first."""

    items: list[KeyView]


class LoginsView(View):
    """All logins of the account that have not ended, newest first."""

    items: list[LoginView]


@router.post(
    "/keys",
    operation_id="issueKey",
    summary="Issue a key",
    status_code=202,
    responses=command_answers("key.scope", "key.expired", "key.too_many", "account.closed", created=IssuedKeyView)
    | {202: {"model": AcceptedKey, "description": "The command is in the log"}},
)
async def issue(
    request: Request, caller: Caller, given: Annotated[Given[NewKey], Depends(JsonBody(NewKey))]
) -> Response:
    """Makes a key that acts for the account, and shows it this once: only its hash is kept."""
    gateway = gateway_of(request)
    if beyond := set(given.body.scopes) - caller.scopes:
        raise Problem("auth.forbidden", f"This key has no scope {', '.join(sorted(beyond))}, so it can give none.")
    shown: dict[str, str] = {}

    async def act(chosen: UUID | None) -> Response:
        await register(request, gateway, caller)
        key, wish = _issued(gateway, caller, given.body, chosen)
        shown.update(key=key)

        async def show(outcome: Outcome) -> Response | None:
            known = await gateway.credentials.of_account(caller.tenant, caller.account, at_least=outcome.version)
            document = known or {"keys": ()}
            part = next((part for part in document["keys"] if part["keyId"] == str(wish.id)), None)
            return None if part is None else answered(KeyView.model_validate(part), 201)

        return _with(await ask(request, gateway, caller, wish, show), {"keyId": str(wish.id)})

    return _with(await once(request, gateway, caller, given, act), shown)


@router.get("/keys", operation_id="listKeys", summary="My keys", responses=said(ok=KeysView))
async def list_keys(request: Request, caller: Caller) -> Response:
    """What there is to know of each key but the key."""
    document = await gateway_of(request).credentials.of_account(caller.tenant, caller.account) or {"keys": ()}
    return answered(KeysView.model_validate({"items": list(reversed(document["keys"]))}))


@router.delete(
    "/keys/{key_id}",
    operation_id="revokeKey",
    summary="Revoke a key",
    status_code=202,
    responses=command_answers("key.unknown", gone=None),
)
async def revoke(request: Request, caller: Caller, key_id: UUID) -> Response:
    """The key works nowhere any more, five seconds later at the latest.

    A key may revoke itself. Another one may be revoked by whoever may do everything: a login, an identity, a key with
    every scope.
    """
    _check_own(caller, key_id)
    return await _end(request, caller, ("keys", "keyId", key_id), RevokeKey(key_id=key_id), "key.unknown")


@router.get("/logins", operation_id="listLogins", summary="My logins", responses=said(ok=LoginsView))
async def list_logins(request: Request, caller: Caller) -> Response:
    """Where somebody is signed in as this account."""
    gateway = gateway_of(request)
    document = await gateway.credentials.of_account(caller.tenant, caller.account) or {"logins": ()}
    live = [login for login in reversed(document["logins"]) if login["expiresAt"] > gateway.now()]
    return answered(LoginsView.model_validate({"items": live}))


@router.delete(
    "/logins/{login_id}",
    operation_id="endLogin",
    summary="End a login",
    status_code=202,
    responses=command_answers("login.unknown", gone=None),
)
async def end_login(request: Request, caller: Caller, login_id: UUID) -> Response:
    """The login's token works nowhere any more, five seconds later at the latest.

    It may end itself. Another one may be ended by a login, an identity, or a key with every scope.
    """
    _check_own(caller, login_id)
    return await _end(request, caller, ("logins", "loginId", login_id), SignOut(login_id=login_id), "login.unknown")


def _check_own(caller: Principal, credential: UUID) -> None:
    if caller.credential != str(credential):
        check_owner(caller)


def of_account(gateway: Gateway, caller: Principal, body: CommandBody, chosen: UUID | None) -> Wish:
    """A wish of the caller's own account."""
    return Wish(
        topic=SESSION_COMMANDS.name,
        stream=stream_id("account", caller.tenant, str(caller.account)),
        body=body,
        id=command_id(gateway, caller.tenant, chosen),
        at=gateway.now(),
        links={"account": "/v1/me"},
        repeatable=chosen is not None,
    )


def _issued(gateway: Gateway, caller: Principal, new: NewKey, chosen: UUID | None) -> tuple[str, Wish]:
    """The key and its command, whose id is the key's too. A repeated call makes the same key."""
    id_ = command_id(gateway, caller.tenant, chosen)
    derived = chosen is not None
    chance = gateway.signer.derived("key", str(id_)) if derived else gateway.chance(keys.RANDOM_BYTES)
    key = keys.key_of(chance[: keys.RANDOM_BYTES])
    body = IssueKey(
        key_id=id_,
        digest=keys.digest(key),
        prefix=key[: keys.SHOWN],
        name=new.name,
        scopes=tuple(sorted(set(new.scopes))),
        expires_at=None if new.expires_at is None else new.expires_at.replace(microsecond=0),
    )
    wish = of_account(gateway, caller, body, id_)
    return key, wish


async def _end(
    request: Request, caller: Principal, which: tuple[str, str, UUID], body: CommandBody, unknown: str
) -> Response:
    gateway = gateway_of(request)
    parts, name, id_ = which

    async def act(chosen: UUID | None) -> Response:
        try:
            document = await gateway.credentials.of_account(caller.tenant, caller.account) or {parts: ()}
        except Unavailable:
            document = None
        if document is not None and str(id_) not in {part[name] for part in document[parts]}:
            raise Problem(unknown, f"The account has none of the id {id_}, or it has ended.")

        async def show(_outcome: Outcome) -> Response | None:
            return Response(status_code=204)

        return await ask(request, gateway, caller, of_account(gateway, caller, body, chosen), show)

    return await once(request, gateway, caller, None, act)


def _with(response: Response, fields: dict[str, str]) -> Response:
    """The answer with more fields. The key is put in after the answer was kept for repeats: there it never stands."""
    if not fields or response.status_code not in {201, 202}:
        return response
    content = msgspec.json.encode({**msgspec.json.decode(bytes(response.body)), **fields})
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Response(content, response.status_code, headers | {"cache-control": "no-store"})
