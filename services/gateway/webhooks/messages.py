"""What an event becomes for its receiver: its type, its time, and ids. No text that a person wrote is in it.

Whoever wants to know more asks the API under `data.links`, with his key.
"""

from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid5

import msgspec

from contracts.messages.webhook import WebhookEventType
from contracts.model import EventBody
from services.gateway.http.view import written_time

TEST: Final = "webhook.test"
OFFERED: Final = frozenset(str(one) for one in WebhookEventType)
_SHOWN: Final = ("sessionId", "jobId", "stage", "attempt", "durationMs", "points", "code", "retryable")
EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
"""The lease of a delivery that nobody has claimed ended then."""


class Told(NamedTuple):
    """An event that endpoints may be told of."""

    id: UUID
    stream: str
    version: int
    at: datetime
    tenant: str
    type: str
    body: EventBody


def delivery_id(event: UUID, endpoint_id: str) -> str:
    """One delivery an event and an endpoint, whoever makes it, however often."""
    return str(uuid5(event, endpoint_id))


def body_of(told: Told, public_url: str) -> str:
    """The message as it is sent, the same each time."""
    fields = told.body.model_dump(mode="json", by_alias=True)
    fields = {"stage": (fields.get("output") or {}).get("stage"), **fields}
    data = {name: fields[name] for name in _SHOWN if fields.get(name) is not None}
    links = {name: f"{public_url}/v1/{name}s/{data[f'{name}Id']}" for name in ("session", "job") if f"{name}Id" in data}
    return _written(told.type, told.at, {"eventId": str(told.id), "version": told.version, **data, "links": links})


def trial_body(endpoint_id: str, at: datetime) -> str:
    """What a test sends."""
    return _written(TEST, at, {"endpointId": endpoint_id})


def delivery(
    id_: str, tenant: str, account: str, endpoint_id: str, event_id: str, type_: str, body: str, at: datetime
) -> dict[str, Any]:
    """A delivery that is due at once (`contracts.documents.DeliveryDocument`)."""
    return {
        "_id": id_,
        "tenant": tenant,
        "accountId": account,
        "endpointId": endpoint_id,
        "eventId": event_id,
        "type": type_,
        "body": body,
        "status": "pending",
        "tries": 0,
        "attempts": [],
        "dueAt": at,
        "leaseUntil": EPOCH,
        "createdAt": at,
        "deliveredAt": None,
    }


def _written(type_: str, at: datetime, data: dict[str, Any]) -> str:
    return msgspec.json.encode({"type": type_, "timestamp": written_time(at), "data": data}).decode()
