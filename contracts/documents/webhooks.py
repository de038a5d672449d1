"""The documents of webhooks: an account's endpoints, and what was sent to them."""

from datetime import datetime
from typing import Literal

from contracts.documents.parts import Document, Part
from contracts.model import Personal


class EndpointPart(Part):
    """An endpoint. Its secret is derived from the gateway's key `key`, the endpoint's id and `rotation`.

    Until `previous_until` the secret of `previous_key` and `previous_rotation` signs too. Without `event_types` it is
    told of everything. `disabled_reason` is empty while it is enabled.
    """

    endpoint_id: str
    url: Personal
    event_types: list[str]
    description: Personal
    enabled: bool
    disabled_reason: str
    key: str
    rotation: int
    previous_key: str
    previous_rotation: int
    previous_until: datetime | None
    created_at: datetime
    updated_at: datetime


class WebhooksDocument(Document):
    """`webhooks`, by the session service's projector: the endpoints of one account, oldest first."""

    account_id: str
    endpoints: list[EndpointPart]
    version: int


class AttemptPart(Part):
    """One request to an endpoint: the status that it answered, or why there was no answer."""

    at: datetime
    status: int | None
    error: str
    duration_ms: int
    excerpt: str


class DeliveryDocument(Document):
    """`webhook_deliveries`, which the gateway keeps and no projection: one message to one endpoint.

    `_id` is the message's `webhook-id`. `body` is what is sent, the same each time. `tries` counts the attempts of the
    present round, of which `attempts` shows the last few; the next is made at `due_at`, by whoever holds the lease.
    """

    account_id: str
    endpoint_id: str
    event_id: str
    type: str
    body: str
    status: Literal["pending", "delivered", "failed", "canceled"]
    tries: int
    attempts: list[AttemptPart]
    due_at: datetime | None
    lease_until: datetime
    created_at: datetime
    delivered_at: datetime | None
