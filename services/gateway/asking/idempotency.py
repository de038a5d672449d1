"""`Idempotency-Key`: a call that is repeated is answered as the first time, and done once.

The command's id is made of tenant, account, method, path and key. So even where the kept answers are lost, or away,
the log handles the command once: they only serve the same answer again. And whoever uses the key of somebody else gets
nothing of his: neither his answer, nor the ids and secrets that are made of the command's id.
"""

from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import structlog
from starlette.requests import Request
from starlette.responses import Response

from eventlog.errors import Unavailable
from services.gateway.auth.principal import Principal
from services.gateway.http import problems
from services.gateway.http.bodies import EMPTY, Given
from services.gateway.identity import own_command
from services.gateway.ports.gateway import Gateway, KeptAnswer

LONGEST_KEY = 255
_KEPT_HEADERS: Final = ("content-type", "location", "etag", "preference-applied", "playhead-degraded", "retry-after")
_SERVER_ERROR = 500
_log = structlog.get_logger(__name__)


async def once(
    request: Request,
    gateway: Gateway,
    caller: Principal,
    given: Given[Any] | None,
    act: Callable[[UUID | None], Awaitable[Response]],
) -> Response:
    """`act(command id)` for the first call with a key, the kept answer for a repeat; `act(None)` without a key.

    Raises the problems for a key in flight and for another body than the first `given`.
    """
    key = key_of(request)
    if key is None:
        return await act(None)
    digest = _digest(request, EMPTY if given is None else given.digest)
    tenant = caller.tenant
    command_id = own_command(tenant, caller.account, f"{request.method} {request.url.path}", key)
    try:
        claim = await gateway.answers.claim(tenant, command_id, digest, gateway.now())
    except Unavailable:
        return await act(command_id)
    if claim.mine:
        return await _first(request, gateway, tenant, command_id, act)
    if claim.digest != digest:
        raise problems.Problem(
            "idempotency.mismatch",
            "This Idempotency-Key was used for this call with another body or query in the last 24 hours. "
            "Send the first body again, or use a new key.",
        )
    if claim.answer is None:
        raise problems.Problem(
            "idempotency.in_flight",
            "The first call with this Idempotency-Key has not been answered yet. Ask again in a second.",
            headers={"Retry-After": "1"},
        )
    headers = {**claim.answer.headers, "Idempotency-Replayed": "true"}
    return Response(claim.answer.body, claim.answer.status, headers)


def key_of(request: Request) -> str | None:
    """The key, quoted or bare; None without one. Raises the problem for one that is no key."""
    given = request.headers.get("idempotency-key")
    if given is None:
        return None
    key = given.strip()
    if len(key) > 1 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not key or len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise problems.Problem(
            "header.invalid", f"Idempotency-Key must be 1 to {LONGEST_KEY} printable ASCII characters, quoted or bare."
        )
    return key


def _digest(request: Request, body: str) -> str:
    """Of what is asked for: the body's, and the query with it where there is one."""
    return sha256(f"{body}\n{request.url.query}".encode()).hexdigest() if request.url.query else body


async def _first(
    request: Request, gateway: Gateway, tenant: str, id_: UUID, act: Callable[[UUID | None], Awaitable[Response]]
) -> Response:
    try:
        try:
            response = await act(id_)
        except problems.Problem as problem:
            response = problems.answer(request, problem)
    except BaseException:
        await _forget(gateway, tenant, id_)
        raise
    if response.status_code >= _SERVER_ERROR:
        await _forget(gateway, tenant, id_)
        return response
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    try:
        await gateway.answers.keep(
            tenant, id_, KeptAnswer(response.status_code, headers, bytes(response.body).decode())
        )
    except Unavailable as error:
        _log.warning("the answer to a call with an Idempotency-Key was not kept", part=error.part)
    return response


async def _forget(gateway: Gateway, tenant: str, id_: UUID) -> None:
    try:
        await gateway.answers.release(tenant, id_)
    except Unavailable as error:
        _log.warning("a claimed Idempotency-Key was not released; it frees itself in a minute", part=error.part)
