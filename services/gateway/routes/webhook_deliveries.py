"""What was sent to a webhook endpoint, and sending it once more."""

import asyncio
from typing import Final
from uuid import UUID, uuid5

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.access.callers import Caller
from services.gateway.asking.idempotency import once
from services.gateway.asking.webhooks import endpoint_of_caller
from services.gateway.auth.principal import Principal
from services.gateway.http.problems import Problem
from services.gateway.http.view import Page
from services.gateway.lists.paging import Cursor, Limit, listing
from services.gateway.ports.gateway import Gateway, gateway_of
from services.gateway.ports.waiting import wanted_seconds
from services.gateway.routes.answers import answered, said
from services.gateway.stored import Stored
from services.gateway.views.webhooks import DeliveryView, delivery_view
from services.gateway.webhooks.messages import TEST, delivery, trial_body

router = APIRouter(prefix="/v1/webhook-endpoints/{endpoint_id}", tags=["webhooks"])

LOOK_SECONDS: Final = 0.05
_SENDING: Final = (
    "header.invalid",
    "idempotency.in_flight",
    "idempotency.mismatch",
    "webhook.unknown",
    "webhook.disabled",
    "mongodb.unavailable",
)


@router.get(
    "/deliveries",
    operation_id="listWebhookDeliveries",
    summary="What was sent to a webhook endpoint",
    responses=said("webhook.unknown", "cursor.invalid", "mongodb.unavailable", ok=Page[DeliveryView]),
)
async def list_(
    request: Request,
    caller: Caller,
    endpoint_id: UUID,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """Newest first, with each attempt and the beginning of what was answered; kept for 30 days."""
    gateway = gateway_of(request)
    await endpoint_of_caller(gateway, caller, endpoint_id)
    question = f"webhook-deliveries\n{caller.account}\n{endpoint_id}"
    asked = listing(gateway, caller, question, limit, cursor)
    found = await gateway.webhooks.deliveries.page(caller.tenant, str(endpoint_id), asked.after, asked.wanted)
    return answered(asked.page(Page[DeliveryView], found, delivery_view))


@router.get(
    "/deliveries/{delivery_id}",
    operation_id="getWebhookDelivery",
    summary="Read a delivery",
    responses=said("webhook.unknown", "delivery.unknown", "mongodb.unavailable", ok=DeliveryView),
)
async def get(request: Request, caller: Caller, endpoint_id: UUID, delivery_id: UUID) -> Response:
    """One message, with each attempt to deliver it."""
    gateway = gateway_of(request)
    await endpoint_of_caller(gateway, caller, endpoint_id)
    return answered(delivery_view(await _delivery(gateway, caller, endpoint_id, str(delivery_id))))


@router.post(
    "/deliveries/{delivery_id}/redeliver",
    operation_id="redeliverWebhook",
    summary="Send a message once more",
    status_code=202,
    responses=said(*_SENDING, "delivery.unknown", ok=DeliveryView, accepted=DeliveryView),
)
async def redeliver(request: Request, caller: Caller, endpoint_id: UUID, delivery_id: UUID) -> Response:
    """The same message under the same `webhook-id`, at once, and on the whole schedule again where that fails."""
    gateway = gateway_of(request)

    async def act(_chosen: UUID | None) -> Response:
        await _enabled(gateway, caller, endpoint_id)
        before = await _delivery(gateway, caller, endpoint_id, str(delivery_id))
        await gateway.webhooks.deliveries.again(caller.tenant, str(delivery_id), gateway.now())
        return await _sent(request, gateway, caller, endpoint_id, str(delivery_id), _last(before))

    return await once(request, gateway, caller, None, act)


@router.post(
    "/test",
    operation_id="testWebhookEndpoint",
    summary="Send a message to try an endpoint",
    status_code=202,
    responses=said(*_SENDING, ok=DeliveryView, accepted=DeliveryView),
)
async def try_out(request: Request, caller: Caller, endpoint_id: UUID) -> Response:
    """A `webhook.test`, signed as every message and sent once; `Prefer: wait=N` answers what came of it."""
    gateway = gateway_of(request)

    async def act(chosen: UUID | None) -> Response:
        await _enabled(gateway, caller, endpoint_id)
        at, event = gateway.now(), str(chosen or gateway.new_id())
        id_ = str(uuid5(endpoint_id, event))
        body = trial_body(str(endpoint_id), at)
        row = delivery(id_, caller.tenant, str(caller.account), str(endpoint_id), event, TEST, body, at)
        await gateway.webhooks.deliveries.add([row])
        return await _sent(request, gateway, caller, endpoint_id, id_, None)

    return await once(request, gateway, caller, None, act)


async def _sent(
    request: Request, gateway: Gateway, caller: Principal, endpoint_id: UUID, id_: str, before: Stored | None
) -> Response:
    """The delivery; with `Prefer: wait=N` as soon as it was tried, at the latest after N seconds."""
    gateway.webhooks.wake()
    seconds = wanted_seconds(request.headers.get("prefer")) or 0
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    row = await _delivery(gateway, caller, endpoint_id, id_)
    while (tried := _last(row)) == before and row["status"] == "pending" and loop.time() < deadline:
        await asyncio.sleep(LOOK_SECONDS)
        row = await _delivery(gateway, caller, endpoint_id, id_)
    headers = {"Location": f"/v1/webhook-endpoints/{endpoint_id}/deliveries/{id_}"}
    if tried == before:
        return answered(delivery_view(row), 202, headers)
    return answered(delivery_view(row), 200, headers | {"Preference-Applied": f"wait={seconds}"})


def _last(row: Stored) -> Stored | None:
    return row["attempts"][-1] if row["attempts"] else None


async def _enabled(gateway: Gateway, caller: Principal, endpoint_id: UUID) -> None:
    endpoint = await endpoint_of_caller(gateway, caller, endpoint_id)
    if not endpoint["enabled"]:
        raise Problem(
            "webhook.disabled",
            f"The endpoint is disabled ({endpoint['disabledReason']}): enable it first, with PATCH and "
            '`{"enabled": true}`.',
        )


async def _delivery(gateway: Gateway, caller: Principal, endpoint_id: UUID, id_: str) -> Stored:
    row = await gateway.webhooks.deliveries.one(caller.tenant, str(endpoint_id), id_)
    if row is None:
        raise Problem("delivery.unknown", f"Nothing was sent to this endpoint under {id_}, or it is forgotten by now.")
    return row
