"""An account's webhook endpoints. The rules of `services.session.deciders.account` hand over to these.

Addresses are checked by whoever connects to them: a name means another host tomorrow.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from contracts.messages.webhook import (
    AddWebhookEndpoint,
    ChangeWebhookEndpoint,
    DisableWebhookEndpoint,
    RemoveWebhookEndpoint,
    RotateWebhookSecret,
    WebhookCommand,
    WebhookEndpointAdded,
    WebhookEndpointChanged,
    WebhookEndpointDisabled,
    WebhookEndpointRemoved,
    WebhookEvent,
    WebhookSecretRotated,
)
from eventlog.errors import Refused

MOST_ENDPOINTS = 20
"""An account's endpoints are one document, and each event is sent to every one of them."""


class Endpoint(msgspec.Struct, frozen=True):
    """One endpoint, as far as the rules need it."""

    url: str
    event_types: tuple[str, ...]
    description: str
    key: str
    enabled: bool = True
    rotation: int = 0


Endpoints = Mapping[UUID, Endpoint]
"""By their ids."""


def evolve(state: Endpoints, event: WebhookEvent) -> dict[UUID, Endpoint]:
    """The endpoints after the event."""
    others = {id_: endpoint for id_, endpoint in state.items() if id_ != event.endpoint_id}
    change = msgspec.structs.replace
    match event:
        case WebhookEndpointAdded():
            return {**others, event.endpoint_id: Endpoint(event.url, event.event_types, event.description, event.key)}
        case WebhookEndpointRemoved():
            return others
        case WebhookEndpointChanged():
            changed = change(
                state[event.endpoint_id],
                url=event.url,
                event_types=event.event_types,
                description=event.description,
                enabled=event.enabled,
            )
        case WebhookSecretRotated():
            changed = change(state[event.endpoint_id], rotation=event.rotation, key=event.key)
        case WebhookEndpointDisabled():
            changed = change(state[event.endpoint_id], enabled=False)
    return {**others, event.endpoint_id: changed}


def decide(account_id: UUID, state: Endpoints, command: WebhookCommand, *, closed: bool) -> Sequence[WebhookEvent]:
    """What happens. To remove or disable what is not there is no news; a closed account gets nothing new."""
    endpoint = state.get(command.endpoint_id)
    match command:
        case RemoveWebhookEndpoint(endpoint_id=id_):
            return [] if endpoint is None else [WebhookEndpointRemoved(account_id=account_id, endpoint_id=id_)]
        case DisableWebhookEndpoint(endpoint_id=id_, reason=reason):
            if endpoint is None or not endpoint.enabled:
                return []
            return [WebhookEndpointDisabled(account_id=account_id, endpoint_id=id_, reason=reason)]
        case _ if closed:
            raise Refused("account.closed", "the account is closed: nothing can be added to it any more")
        case AddWebhookEndpoint():
            return _add(account_id, state, command)
        case ChangeWebhookEndpoint() if endpoint is not None:
            return _change(account_id, endpoint, command)
        case RotateWebhookSecret() if endpoint is not None:
            return _rotate(account_id, endpoint, command)
        case ChangeWebhookEndpoint() | RotateWebhookSecret():
            raise Refused("webhook.unknown", "the account has no webhook endpoint of this id")


def _add(account_id: UUID, state: Endpoints, command: AddWebhookEndpoint) -> Sequence[WebhookEvent]:
    if command.endpoint_id in state:
        return []
    if len(state) >= MOST_ENDPOINTS:
        raise Refused("webhook.too_many", f"an account has at most {MOST_ENDPOINTS} endpoints: remove one first")
    return [
        WebhookEndpointAdded(
            account_id=account_id,
            endpoint_id=command.endpoint_id,
            url=command.url,
            event_types=_types(command.event_types),
            description=command.description,
            key=command.key,
        )
    ]


def _change(account_id: UUID, endpoint: Endpoint, command: ChangeWebhookEndpoint) -> Sequence[WebhookEvent]:
    after = msgspec.structs.replace(
        endpoint,
        url=endpoint.url if command.url is None else command.url,
        event_types=endpoint.event_types if command.event_types is None else _types(command.event_types),
        description=endpoint.description if command.description is None else command.description,
        enabled=endpoint.enabled if command.enabled is None else command.enabled,
    )
    if after == endpoint:
        return []
    return [
        WebhookEndpointChanged(
            account_id=account_id,
            endpoint_id=command.endpoint_id,
            url=after.url,
            event_types=after.event_types,
            description=after.description,
            enabled=after.enabled,
        )
    ]


def _rotate(account_id: UUID, endpoint: Endpoint, command: RotateWebhookSecret) -> Sequence[WebhookEvent]:
    if command.rotation != endpoint.rotation + 1:
        raise Refused(
            "webhook.rotated",
            f"the secret was rotated {endpoint.rotation} times, and this would be rotation {command.rotation}: "
            "somebody else rotated it at the same time",
        )
    return [
        WebhookSecretRotated(
            account_id=account_id,
            endpoint_id=command.endpoint_id,
            rotation=command.rotation,
            key=command.key,
            previous_rotation=endpoint.rotation,
            previous_key=endpoint.key,
            previous_until=command.previous_until,
        )
    ]


def _types(given: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted({str(one) for one in given}))
