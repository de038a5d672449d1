"""Asking for something: a command goes into the log, and whoever prefers to wait learns what became of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog import as_command
from contracts.envelope import stream_id
from contracts.messages.account import RegisterAccount
from contracts.model import CommandBody
from contracts.sealing import KeyDestroyed
from contracts.topics import SESSION_COMMANDS
from eventlog import tracing
from eventlog.errors import Unavailable
from services.gateway.asking.planning import planned
from services.gateway.auth.principal import Principal
from services.gateway.auth.reach import Reach
from services.gateway.http import problems
from services.gateway.http.edge import trace_headers
from services.gateway.identity import marked, repeatable_command
from services.gateway.ports.gateway import Gateway
from services.gateway.ports.waiting import Blind, Outcome, wanted_seconds
from services.gateway.views.sessions import Accepted

DEGRADED = "Playhead-Degraded"


@dataclass(frozen=True)
class Wish:
    """A command to be, and where its client finds what it is about. `repeatable`: its id may have been sent before."""

    topic: str
    stream: str
    body: CommandBody
    id: UUID
    at: datetime
    links: dict[str, str]
    repeatable: bool = False
    expected_version: int | None = None


Show = Callable[[Outcome], Awaitable[Response | None]]
"""Answers the resource as its projection shows it; None while it does not show what the command did."""


async def ask(request: Request, gateway: Gateway, principal: Principal, wish: Wish, show: Show) -> Response:
    """Send the wish. 202 at once; with `Prefer: wait=N` the resource, its problem, or the 202 after N seconds.

    Raises the problem for a log that did not confirm the command.
    """
    seconds = wanted_seconds(request.headers.get("prefer"))
    if not seconds:
        await send(request, gateway, principal, wish)
        return accepted(wish)
    try:
        outcome = await outcome_of(request, gateway, principal, wish, seconds)
    except Blind:
        return accepted(wish, {DEGRADED: "mongodb"})
    if outcome is None:
        return accepted(wish)
    if outcome.problem is not None:
        raise problems.of_refusal(*outcome.problem)
    try:
        response = await show(outcome)
    except Unavailable:
        return accepted(wish, {DEGRADED: "mongodb"})
    if response is None:
        return accepted(wish)
    response.headers["Preference-Applied"] = f"wait={seconds}"
    return response


async def outcome_of(
    request: Request, gateway: Gateway, principal: Principal, wish: Wish, seconds: float
) -> Outcome | None:
    """Send the wish and wait; None after `seconds`. Raises `Blind` and the problem for a log that is away."""
    with gateway.waiters.expect(wish.id) as expected:
        await send(request, gateway, principal, wish)
        if wish.repeatable:
            await _tell_known(gateway, principal.tenant, wish.id)
        return await gateway.waiters.wait(expected, seconds)


async def send(request: Request, gateway: Gateway, principal: Principal, wish: Wish) -> None:
    """Put the command into the log. Raises the problem when that was not confirmed in time."""
    body = await planned(gateway, principal, wish.body)
    subject = stream_id("account", principal.tenant, str(principal.account)) if gateway.subject_keys.seals else ""
    try:
        if subject and not gateway.subject_keys.knows(subject):  # the others' calls do not wait for this one's key
            await asyncio.to_thread(gateway.subject_keys.to_seal, subject)
        command = as_command(
            body,
            id_=wish.id,
            stream=wish.stream,
            at=wish.at,
            tenant=principal.tenant,
            actor=principal.actor,
            origin=gateway.origin,
            expected_version=wish.expected_version,
            only_of=principal.only,
            subject=subject,
            trace=tracing.here(),
            keys=gateway.subject_keys,
        )
        await gateway.sender.send(wish.topic, command, trace_headers(request))
    except KeyDestroyed as error:
        raise problems.of_refusal(
            "account.closed", "this account was erased: nothing is kept for it any more"
        ) from error
    except Unavailable as error:
        raise problems.away(error, commandId=str(wish.id)) from error


async def register(request: Request, gateway: Gateway, principal: Principal) -> None:
    """Open the principal's account with its starter grant, unless this process asked for that before.

    Every process may ask: the command has one id an account, and the log handles it once.
    """
    if principal.known is not None or principal.account in gateway.registered:
        return
    await send(request, gateway, principal, registration(gateway, principal))
    gateway.registered.add(principal.account)


def registration(gateway: Gateway, principal: Principal) -> Wish:
    """The command that opens the principal's account; each time the same one."""
    return Wish(
        topic=SESSION_COMMANDS.name,
        stream=stream_id("account", principal.tenant, str(principal.account)),
        body=RegisterAccount(
            account_id=principal.account,
            kind=principal.kind,
            address=principal.subject if principal.kind == "wallet" else "",
            name="" if principal.kind == "wallet" else principal.subject,
            role=principal.role,
            starter_grant=gateway.starter_grant,
        ),
        id=repeatable_command(principal.tenant, f"register\n{principal.account}"),
        at=gateway.now(),
        links={},
        repeatable=True,
    )


def command_id(gateway: Gateway, tenant: str, chosen: UUID | None) -> UUID:
    """`chosen` by an Idempotency-Key, or a new one."""
    return chosen or marked(tenant, gateway.new_id())


def accepted(wish: Wish, headers: dict[str, str] | None = None) -> Response:
    """202: the command is in the log."""
    where = f"/v1/commands/{wish.id}"
    answer = Accepted(command_id=str(wish.id), stream_id=wish.stream, links={"command": where, **wish.links})
    content = answer.__pydantic_serializer__.to_json(answer, by_alias=True)
    return Response(content, 202, {"Location": where, **(headers or {})}, media_type="application/json")


async def _tell_known(gateway: Gateway, tenant: str, id_: UUID) -> None:
    """In whosever name the command came first: an id that is sent again is made of whose it is."""
    try:
        document = await gateway.documents.outcome(Reach(tenant), id_)
    except Unavailable:
        return
    if document is not None:
        gateway.waiters.tell(id_, Outcome.of(document))
