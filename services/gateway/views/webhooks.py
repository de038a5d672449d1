"""Endpoints and deliveries as the API shows them. No secret is in a document, so none can be shown from one."""

from pydantic import Field

from services.gateway.http.view import Moment, View
from services.gateway.stored import Stored
from services.gateway.views.sessions import Accepted


class EndpointView(View):
    """A webhook endpoint. Without `eventTypes` it is told of everything."""

    endpoint_id: str
    url: str
    event_types: list[str]
    description: str
    enabled: bool
    disabled_reason: str = Field(
        default="", description="`gone`: it answered 410; `failing`: nothing reached it for days; `asked`: by you."
    )
    rotation: int = Field(description="How often its secret was rotated.")
    previous_secret_until: Moment | None = Field(default=None, description="Until then the secret before signs, too.")
    created_at: Moment
    updated_at: Moment


class NewEndpointView(EndpointView):
    """An endpoint as its owner sees it once: `secret` is never told again, to a repeat of the call neither."""

    secret: str | None = None


class AcceptedEndpoint(Accepted):
    """The command is in the log; `secret` is never told again."""

    endpoint_id: str
    secret: str | None = None


class AttemptView(View):
    """One request: the status that the endpoint answered, or why there was no answer."""

    at: Moment
    status: int | None
    error: str
    duration_ms: int
    excerpt: str = Field(description="The first 1,024 bytes of the answer, as text.")


class DeliveryView(View):
    """One message to one endpoint. `attempts` are its last 20, oldest first; `tries` those of the present round."""

    delivery_id: str = Field(description="The `webhook-id` of the message.")
    endpoint_id: str
    event_id: str
    type: str
    status: str = Field(description="pending, delivered, failed or canceled")
    tries: int
    attempts: list[AttemptView]
    next_attempt_at: Moment | None = None
    created_at: Moment
    delivered_at: Moment | None = None
    body: str = Field(description="What is sent, byte for byte.")


def endpoint_view(part: Stored) -> EndpointView:
    """As its owner sees it."""
    return EndpointView.model_validate({**part, "previousSecretUntil": part["previousUntil"]})


def delivery_view(row: Stored) -> DeliveryView:
    """As the endpoint's owner sees it."""
    return DeliveryView.model_validate({**row, "deliveryId": row["_id"], "nextAttemptAt": row["dueAt"]})
