"""Outside identities of whoever asks, proven by a token of their issuer; and the end of his account."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.messages.access import LinkIdentity, RequestErasure, UnlinkIdentity
from eventlog.errors import Unavailable
from services.gateway.access.callers import Caller, OwnerCaller
from services.gateway.asking.idempotency import once
from services.gateway.asking.wishes import ask, register
from services.gateway.auth import outside
from services.gateway.auth.outside import Identity
from services.gateway.auth.principal import Principal
from services.gateway.http.bodies import Body, Given, JsonBody
from services.gateway.http.problems import Problem
from services.gateway.http.view import Moment, View
from services.gateway.ports.gateway import Gateway, gateway_of
from services.gateway.ports.waiting import Outcome
from services.gateway.routes.answers import answered, command_answers, said
from services.gateway.routes.keys import of_account
from services.gateway.stored import Stored

router = APIRouter(prefix="/v1/me", tags=["account"])

IdentityId = Annotated[str, Path(min_length=1, max_length=200)]
_HASH = re.compile(r"[0-9a-f]{64}")


class NewIdentity(Body):
    """The proof: a token that the issuer made for its owner, and for this service as its audience."""

    id_token: str = Field(min_length=1, max_length=outside.LONGEST)


class IdentityView(View):
    """An identity that acts for the account. `identityId` is a hash of issuer and subject: no name stands in it."""

    identity_id: str
    provider: str
    linked_at: Moment


class IdentitiesView(View):
    """All identities of the account, newest first."""

    items: list[IdentityView]


@router.post(
    "/identities",
    operation_id="linkIdentity",
    summary="Link an identity",
    status_code=202,
    responses=command_answers(
        "identity.unproven",
        "identity.taken",
        "identity.too_many",
        "account.closed",
        "mongodb.unavailable",
        created=IdentityView,
    ),
)
async def link(
    request: Request, caller: OwnerCaller, given: Annotated[Given[NewIdentity], Depends(JsonBody(NewIdentity))]
) -> Response:
    """From then on the issuer's tokens of that subject act for this account, and may do all that it may."""
    gateway = gateway_of(request)
    identity = await outside.proven(gateway.entrances.trusted, given.body.id_token, gateway.now())
    if identity is None or identity.tenant != caller.tenant:
        raise Problem(
            "identity.unproven",
            "The token is none of an issuer that is trusted here, or it has run out. Sign in there again and send the "
            "ID token that you get.",
        )

    async def act(chosen: UUID | None) -> Response:
        await _check_free(gateway, caller, identity)
        await register(request, gateway, caller)

        async def show(outcome: Outcome) -> Response | None:
            document = await gateway.credentials.of_account(caller.tenant, caller.account, at_least=outcome.version)
            found = _views(document)
            return next((answered(one, 201) for one in found if one.identity_id == identity.digest), None)

        body = LinkIdentity(provider=identity.issuer, digest=identity.digest)
        return await ask(request, gateway, caller, of_account(gateway, caller, body, chosen), show)

    return await once(request, gateway, caller, given, act)


@router.get("/identities", operation_id="listIdentities", summary="My identities", responses=said(ok=IdentitiesView))
async def list_identities(request: Request, caller: Caller) -> Response:
    """Who else may act as this account."""
    document = await gateway_of(request).credentials.of_account(caller.tenant, caller.account)
    return answered(IdentitiesView(items=list(reversed(_views(document)))))


@router.delete(
    "/identities/{identity_id}",
    operation_id="unlinkIdentity",
    summary="Unlink an identity",
    status_code=202,
    responses=command_answers("identity.unknown", gone=None),
)
async def unlink(request: Request, caller: OwnerCaller, identity_id: IdentityId) -> Response:
    """The identity acts for this account no more, five seconds later at the latest."""
    gateway = gateway_of(request)

    async def act(chosen: UUID | None) -> Response:
        try:
            found = _views(await gateway.credentials.of_account(caller.tenant, caller.account))
        except Unavailable:
            found = None
        known = None if found is None else {one.identity_id for one in found}
        if not _HASH.fullmatch(identity_id) or (known is not None and identity_id not in known):
            raise Problem("identity.unknown", f"The account has no identity {identity_id}, or it was unlinked.")
        body = UnlinkIdentity(digest=identity_id)
        return await ask(request, gateway, caller, of_account(gateway, caller, body, chosen), _nothing_left)

    return await once(request, gateway, caller, None, act)


@router.delete(
    "",
    operation_id="eraseMe",
    summary="Erase my account",
    status_code=202,
    responses=command_answers(gone=None),
)
async def erase(request: Request, caller: OwnerCaller) -> Response:
    """Every key, login and identity of the account ends, five seconds later at the latest, and nothing is added to it.

    Then what the account made is erased: it goes from every store, and its text in the log cannot be read any more.
    Nothing brings it back.
    """
    gateway = gateway_of(request)

    async def act(chosen: UUID | None) -> Response:
        await register(request, gateway, caller)
        return await ask(request, gateway, caller, of_account(gateway, caller, RequestErasure(), chosen), _nothing_left)

    return await once(request, gateway, caller, None, act)


async def _nothing_left(_outcome: Outcome) -> Response:
    return Response(status_code=204)


async def _check_free(gateway: Gateway, caller: Principal, identity: Identity) -> None:
    document = await gateway.credentials.by_identity(identity.tenant, identity.digest)
    if document is not None and document["accountId"] != str(caller.account):
        raise Problem("identity.taken", "The identity acts for another account. Unlink it there first.")


def _views(document: Stored | None) -> list[IdentityView]:
    """As they were linked, oldest first."""
    parts = [] if document is None else document["identities"]
    return [
        IdentityView(identity_id=part["digest"], provider=part["provider"], linked_at=part["linkedAt"])
        for part in parts
    ]
