"""Signing in without a key: by a wallet's signature, or as a device that nobody knows. Both give a login's token.

A token is answered once and never kept, so these calls take no Idempotency-Key: a wallet's ticket serves once anyway.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.envelope import stream_id
from contracts.messages.access import SignIn
from contracts.messages.account import AccountKind
from contracts.topics import SESSION_COMMANDS
from eventlog.errors import Unavailable
from services.gateway.access import limiting
from services.gateway.access.callers import PUBLIC
from services.gateway.asking import wishes
from services.gateway.asking.wishes import Wish, command_id, outcome_of
from services.gateway.auth import keys, wallets
from services.gateway.auth.principal import Principal
from services.gateway.http import problems
from services.gateway.http.bodies import Body, Given, JsonBody
from services.gateway.http.problems import Problem
from services.gateway.http.view import Moment, View
from services.gateway.ports.gateway import Gateway, gateway_of
from services.gateway.ports.waiting import Blind, Outcome
from services.gateway.routes.answers import answered, said

router = APIRouter(prefix="/v1/auth", tags=["account"], dependencies=[Depends(PUBLIC)])

WAIT_SECONDS = 10
_REFUSED = ("auth.off", "auth.too_many_accounts", "account.closed", "kafka.unavailable")
_BODY = (
    *("body.missing", "body.malformed", "body.too_large", "body.too_slow", "body.wrong_type"),
    *("value.invalid", "value.not_storable"),
)

Address = Annotated[str, Field(pattern=wallets.ADDRESS, examples=["4Nd1mYQ2o9bA1nSx2tK6oC6QmC6dHT5bKJmTnLGe3mB5"])]


class WalletNamed(Body):
    """The wallet that is to sign in: the address of an Ed25519 key in Base58."""

    wallet_address: Address


class WalletProof(WalletNamed):
    """What the wallet made of the message."""

    nonce: str = Field(min_length=1, max_length=wallets.LONGEST_TICKET, description="As it was given out.")
    signature: str = Field(min_length=88, max_length=88, description="The 64 bytes of the signature, in Base64.")


class TicketView(View):
    """`message` is what the wallet has to sign, to the letter, in UTF-8."""

    nonce: str
    message: str
    expires_at: Moment


class TokenView(View):
    """A login. `token` goes behind `Bearer` and is told this once; `DELETE /v1/me/logins/{loginId}` ends it."""

    login_id: str
    account_id: str
    token: str
    expires_at: Moment


@router.post(
    "/nonce",
    operation_id="askForNonce",
    summary="Ask for what a wallet has to sign",
    responses=said("auth.off", *_BODY, ok=TicketView),
)
async def nonce(request: Request, given: Annotated[Given[WalletNamed], Depends(JsonBody(WalletNamed))]) -> Response:
    """Gives a message for one sign-in, good for five minutes. Nothing is kept here."""
    gateway = gateway_of(request)
    tenant = _open(gateway.entrances.wallet_tenant, "Wallets", "PLAYHEAD_WALLET_TENANT")
    address = given.body.wallet_address
    if wallets.public_key(address) is None:
        raise Problem("value.invalid", "walletAddress: this is no address of an Ed25519 key in Base58. Copy it again.")
    chance = gateway.chance(wallets.CHANCE_BYTES).hex()
    ticket = wallets.Ticket(tenant, address, gateway.seconds(), chance)
    view = TicketView(
        nonce=ticket.text(gateway.signer),
        message=ticket.message(gateway.public_url),
        expires_at=_ends(gateway, wallets.TICKET_SECONDS),
    )
    return answered(view, headers={"Cache-Control": "no-store"})


@router.post(
    "/wallet",
    operation_id="signInByWallet",
    summary="Sign in by a wallet",
    status_code=201,
    responses=said(
        "auth.off",
        "auth.unproven",
        "auth.too_many_accounts",
        "account.closed",
        "kafka.unavailable",
        *_BODY,
        created=TokenView,
    )
    | {202: {"model": TokenView, "description": "The command is in the log; the token works once it is applied"}},
)
async def by_wallet(request: Request, given: Annotated[Given[WalletProof], Depends(JsonBody(WalletProof))]) -> Response:
    """Opens the wallet's account where it is new, and begins a login. A nonce serves once, at whichever gateway."""
    gateway = gateway_of(request)
    tenant = _open(gateway.entrances.wallet_tenant, "Wallets", "PLAYHEAD_WALLET_TENANT")
    address = given.body.wallet_address
    ticket = wallets.ticket_of(gateway.signer, tenant, address, given.body.nonce, gateway.seconds())
    if ticket is None:
        raise _unproven("The nonce is not one for this wallet, or it has run out. Ask for a new one.")
    if not wallets.signed(address, ticket.message(gateway.public_url), given.body.signature):
        raise _unproven("The signature is not this wallet's over the message. Sign it to the letter, in UTF-8.")
    wallet = Principal(tenant, AccountKind.WALLET, address)
    if not await _is_open(gateway, wallet):
        await limiting.check_new_account(request, gateway)
    await wishes.register(request, gateway, wallet)
    token = keys.key_of(gateway.chance(keys.RANDOM_BYTES), keys.LOGIN_PREFIX)
    expires = _ends(gateway, gateway.entrances.login_seconds)
    login = SignIn(login_id=ticket.id, digest=keys.digest(token), method="wallet", expires_at=expires)
    return await _begun(request, gateway, wallet, login, token)


@router.post(
    "/anonymous",
    operation_id="signInAnonymously",
    summary="Begin without a name",
    status_code=201,
    responses=said(*_REFUSED, created=TokenView)
    | {202: {"model": TokenView, "description": "The command is in the log; the token works once it is applied"}},
)
async def anonymously(request: Request) -> Response:
    """Makes an account that nobody is known by, without points, and a token for this device. Whoever loses it loses
    the account."""
    gateway = gateway_of(request)
    tenant = _open(gateway.entrances.anonymous_tenant, "Unknown devices", "PLAYHEAD_ANONYMOUS_TENANT")
    await limiting.check_new_account(request, gateway)
    device = Principal(tenant, AccountKind.ANONYMOUS, str(gateway.new_id()))
    await wishes.send(request, gateway, device, wishes.registration(replace(gateway, starter_grant=0), device))
    token = keys.key_of(gateway.chance(keys.RANDOM_BYTES), keys.LOGIN_PREFIX)
    login = SignIn(
        login_id=command_id(gateway, tenant, None),
        digest=keys.digest(token),
        method="anonymous",
        expires_at=_ends(gateway, gateway.entrances.device_seconds),
    )
    return await _begun(request, gateway, device, login, token)


def _open(tenant: str, who: str, setting: str) -> str:
    if not tenant:
        raise Problem("auth.off", f"{who} cannot sign in here. An operator opens this way with {setting}.")
    return tenant


async def _is_open(gateway: Gateway, wallet: Principal) -> bool:
    """Whether the wallet has its account; while that cannot be learnt it counts as new."""
    try:
        return await gateway.credentials.of_account(wallet.tenant, wallet.account) is not None
    except Unavailable:
        return False


def _unproven(detail: str) -> Problem:
    return Problem("auth.unproven", detail, headers={"WWW-Authenticate": 'Bearer realm="playhead"'})


def _ends(gateway: Gateway, seconds: int) -> datetime:
    return gateway.now().replace(microsecond=0) + timedelta(seconds=seconds)


async def _begun(request: Request, gateway: Gateway, owner: Principal, login: SignIn, token: str) -> Response:
    """Begin the login by the command of its id. 201 with its token; 202 where that was not seen in time.

    Raises the problem for a login that was begun before with another token: its nonce has been used.
    """
    wish = Wish(
        topic=SESSION_COMMANDS.name,
        stream=stream_id("account", owner.tenant, str(owner.account)),
        body=login,
        id=login.login_id,
        at=gateway.now(),
        links={},
        repeatable=True,
    )
    view = TokenView(
        login_id=str(login.login_id), account_id=str(owner.account), token=token, expires_at=login.expires_at
    )
    headers = {"Cache-Control": "no-store"}
    try:
        outcome = await outcome_of(request, gateway, owner, wish, WAIT_SECONDS)
        seen = outcome is not None and await _stands(gateway, owner, outcome, login.digest)
    except (Blind, Unavailable):
        return answered(view, 202, headers | {wishes.DEGRADED: "mongodb"})
    return answered(view, 201 if seen else 202, headers)


async def _stands(gateway: Gateway, owner: Principal, outcome: Outcome, digest: str) -> bool:
    """Whether the login is shown; False where what is shown is older than the outcome."""
    if outcome.problem is not None:
        raise problems.of_refusal(*outcome.problem)
    document = await gateway.credentials.of_account(owner.tenant, owner.account, at_least=outcome.version)
    if document is None or document["version"] < outcome.version:
        return False
    if any(part["digest"] == digest for part in document["logins"]):
        return True
    raise _unproven("The nonce has been used before. Ask for a new one: each serves one sign-in.")
