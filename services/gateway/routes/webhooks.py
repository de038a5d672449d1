"""Webhook endpoints: where the caller wants to be told of what happens to his sessions and jobs."""

from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.messages.webhook import (
    LONGEST_URL,
    AddWebhookEndpoint,
    ChangeWebhookEndpoint,
    EndpointDescription,
    EventTypes,
    RemoveWebhookEndpoint,
    RotateWebhookSecret,
    Url,
)
from services.gateway.access.callers import Caller, ReadingCaller
from services.gateway.asking.idempotency import once
from services.gateway.asking.webhooks import check_url, endpoint_of_caller, endpoints_of, newest_key, with_fields
from services.gateway.asking.wishes import Show, ask, register
from services.gateway.auth.principal import Principal
from services.gateway.http.bodies import Body, Given, JsonBody
from services.gateway.http.cursors import Place
from services.gateway.http.view import Page
from services.gateway.identity import endpoint_of
from services.gateway.lists.paging import Cursor, Limit, listing
from services.gateway.ports.gateway import Gateway, gateway_of
from services.gateway.ports.waiting import Outcome
from services.gateway.routes.answers import answered, command_answers, said
from services.gateway.routes.keys import of_account
from services.gateway.stored import Stored
from services.gateway.views.webhooks import AcceptedEndpoint, EndpointView, NewEndpointView, endpoint_view

router = APIRouter(prefix="/v1/webhook-endpoints", tags=["webhooks"])

BOTH_LIVE: Final = timedelta(hours=24)
"""How long the secret before a rotation signs too."""
_ACCEPTED: Final = {202: {"model": AcceptedEndpoint, "description": "The command is in the log"}}


class NewEndpoint(Body):
    """An address to be told. Without `eventTypes` it is told of everything."""

    url: Annotated[Url, Field(max_length=LONGEST_URL, examples=["https://hooks.example.org/playhead"])]
    event_types: EventTypes = ()
    description: EndpointDescription = ""


class EndpointChanges(Body):
    """What is to be changed; what is not named stays as it is. `enabled: true` brings back one that was disabled."""

    url: Url | None = None
    event_types: EventTypes | None = None
    description: EndpointDescription | None = None
    enabled: bool | None = None


@router.post(
    "",
    operation_id="addWebhookEndpoint",
    summary="Add a webhook endpoint",
    status_code=202,
    responses=command_answers(
        "webhook.url", "webhook.too_many", "webhook.off", "account.closed", created=NewEndpointView
    )
    | _ACCEPTED,
)
async def add(
    request: Request, caller: ReadingCaller, given: Annotated[Given[NewEndpoint], Depends(JsonBody(NewEndpoint))]
) -> Response:
    """Tells this address from now on, and shows the secret that its messages are signed with this once."""
    gateway = gateway_of(request)
    check_url(gateway, given.body.url)
    key = newest_key(gateway)
    shown: dict[str, str] = {}

    async def act(chosen: UUID | None) -> Response:
        await register(request, gateway, caller)
        endpoint = gateway.new_id() if chosen is None else endpoint_of(chosen)
        shown["secret"] = gateway.webhooks.secrets.secret(caller.tenant, str(endpoint), key, 0)
        body = AddWebhookEndpoint(
            endpoint_id=endpoint,
            url=given.body.url,
            event_types=given.body.event_types,
            description=given.body.description,
            key=key,
        )
        wish = of_account(gateway, caller, body, chosen)
        answer = await ask(request, gateway, caller, wish, _shown(gateway, caller, endpoint, 201))
        return with_fields(answer, {"endpointId": str(endpoint)})

    return with_fields(await once(request, gateway, caller, given, act), shown)


@router.get(
    "",
    operation_id="listWebhookEndpoints",
    summary="My webhook endpoints",
    responses=said("cursor.invalid", "mongodb.unavailable", ok=Page[EndpointView]),
)
async def list_(
    request: Request,
    caller: Caller,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """One's own, newest first, without their secrets."""
    gateway = gateway_of(request)
    question = f"webhook-endpoints\n{caller.account}"
    asked = listing(gateway, caller, question, limit, cursor)
    every = await endpoints_of(gateway, caller)
    found = [one for one in every if asked.after is None or _place(one) < asked.after]
    return answered(asked.page(Page[EndpointView], found, endpoint_view, _place))


@router.get(
    "/{endpoint_id}",
    operation_id="getWebhookEndpoint",
    summary="Read a webhook endpoint",
    responses=said("webhook.unknown", "mongodb.unavailable", ok=EndpointView),
)
async def get(request: Request, caller: Caller, endpoint_id: UUID) -> Response:
    """One of one's own, without its secret."""
    return answered(endpoint_view(await endpoint_of_caller(gateway_of(request), caller, endpoint_id)))


@router.patch(
    "/{endpoint_id}",
    operation_id="changeWebhookEndpoint",
    summary="Change a webhook endpoint",
    status_code=202,
    responses=command_answers(
        "webhook.unknown", "webhook.url", "account.closed", "mongodb.unavailable", ok=EndpointView
    ),
)
async def change(
    request: Request,
    caller: ReadingCaller,
    endpoint_id: UUID,
    given: Annotated[Given[EndpointChanges], Depends(JsonBody(EndpointChanges))],
) -> Response:
    """Changes what is named. What was to be sent to it goes to where it is from then on."""
    gateway = gateway_of(request)
    if given.body.url is not None:
        check_url(gateway, given.body.url)

    async def act(chosen: UUID | None) -> Response:
        await endpoint_of_caller(gateway, caller, endpoint_id)
        body = ChangeWebhookEndpoint(endpoint_id=endpoint_id, **given.body.model_dump(exclude_unset=True))
        wish = of_account(gateway, caller, body, chosen)
        return await ask(request, gateway, caller, wish, _shown(gateway, caller, endpoint_id, 200))

    return await once(request, gateway, caller, given, act)


@router.post(
    "/{endpoint_id}/rotate",
    operation_id="rotateWebhookSecret",
    summary="Rotate a webhook secret",
    status_code=202,
    responses=command_answers(
        "webhook.unknown", "webhook.rotated", "webhook.off", "account.closed", "mongodb.unavailable", ok=NewEndpointView
    )
    | _ACCEPTED,
)
async def rotate(request: Request, caller: ReadingCaller, endpoint_id: UUID) -> Response:
    """Signs with a new secret, shown this once, and for 24 hours with the one before it as well."""
    gateway = gateway_of(request)
    key = newest_key(gateway)
    shown: dict[str, str] = {}

    async def act(chosen: UUID | None) -> Response:
        rotation = (await endpoint_of_caller(gateway, caller, endpoint_id))["rotation"] + 1
        shown["secret"] = gateway.webhooks.secrets.secret(caller.tenant, str(endpoint_id), key, rotation)
        until = gateway.now() + BOTH_LIVE
        body = RotateWebhookSecret(endpoint_id=endpoint_id, rotation=rotation, key=key, previous_until=until)
        wish = of_account(gateway, caller, body, chosen)
        answer = await ask(request, gateway, caller, wish, _shown(gateway, caller, endpoint_id, 200, rotation))
        return with_fields(answer, {"endpointId": str(endpoint_id)})

    return with_fields(await once(request, gateway, caller, None, act), shown)


@router.delete(
    "/{endpoint_id}",
    operation_id="removeWebhookEndpoint",
    summary="Remove a webhook endpoint",
    status_code=202,
    responses=command_answers("webhook.unknown", "mongodb.unavailable", gone=None),
)
async def remove(request: Request, caller: Caller, endpoint_id: UUID) -> Response:
    """Tells it nothing more; what was not delivered yet is canceled."""
    gateway = gateway_of(request)

    async def act(chosen: UUID | None) -> Response:
        await endpoint_of_caller(gateway, caller, endpoint_id)

        async def show(_outcome: Outcome) -> Response | None:
            return Response(status_code=204)

        wish = of_account(gateway, caller, RemoveWebhookEndpoint(endpoint_id=endpoint_id), chosen)
        return await ask(request, gateway, caller, wish, show)

    return await once(request, gateway, caller, None, act)


def _shown(gateway: Gateway, caller: Principal, endpoint_id: UUID, status: int, rotation: int = 0) -> Show:
    async def show(_outcome: Outcome) -> Response | None:
        every = await endpoints_of(gateway, caller)
        found = next((one for one in every if one["endpointId"] == str(endpoint_id)), None)
        if found is None or found["rotation"] < rotation:
            return None
        headers = {"Location": f"/v1/webhook-endpoints/{endpoint_id}"} if status == 201 else None
        return answered(endpoint_view(found), status, headers)

    return show


def _place(endpoint: Stored) -> Place:
    return Place(endpoint["createdAt"], endpoint["endpointId"])
