"""`webhooks`: one document an account with its webhook endpoints (`contracts.documents.WebhooksDocument`).

An account that never had one has none; one that was closed keeps none.
"""

from datetime import UTC, datetime
from typing import Any

from contracts.messages.access import ErasureRequested
from contracts.messages.webhook import (
    WebhookEndpointAdded,
    WebhookEndpointChanged,
    WebhookEndpointDisabled,
    WebhookEndpointRemoved,
    WebhookEvent,
    WebhookSecretRotated,
)
from eventlog.read.projection import Fact, Projection, Row, View


def fold(view: View, fact: Fact) -> View:
    """The document after the event; what has nothing to do with webhooks leaves it as it is."""
    match fact.body:
        case WebhookEndpointAdded() as body:
            return _with(fact, body, [*_endpoints(view), _added(body, fact)])
        case WebhookEndpointRemoved() as body:
            return _with(fact, body, [one for one in _endpoints(view) if not _is(one, body)])
        case WebhookEndpointChanged() | WebhookSecretRotated() | WebhookEndpointDisabled() as body:
            changed = {**_fields(body), "updatedAt": fact.at}
            return _with(fact, body, [{**one, **changed} if _is(one, body) else one for one in _endpoints(view)])
        case ErasureRequested():
            return tuple({**document, "endpoints": [], "version": fact.version} for document in view)
        case _:
            return view


def _with(fact: Fact, body: WebhookEvent, endpoints: list[Row]) -> View:
    standing = {"_id": fact.stream, "tenant": fact.tenant, "accountId": str(body.account_id)}
    return ({**standing, "endpoints": endpoints, "version": fact.version},)


def _endpoints(view: View) -> list[Row]:
    return view[0]["endpoints"] if view else []


def _is(endpoint: Row, body: WebhookEvent) -> bool:
    return endpoint["endpointId"] == str(body.endpoint_id)


def _added(body: WebhookEndpointAdded, fact: Fact) -> Row:
    return {
        "endpointId": str(body.endpoint_id),
        "url": body.url,
        "eventTypes": list(body.event_types),
        "description": body.description,
        "enabled": True,
        "disabledReason": "",
        "key": body.key,
        "rotation": 0,
        "previousKey": "",
        "previousRotation": 0,
        "previousUntil": None,
        "createdAt": fact.at,
        "updatedAt": fact.at,
    }


def _fields(body: WebhookEndpointChanged | WebhookSecretRotated | WebhookEndpointDisabled) -> dict[str, Any]:
    match body:
        case WebhookEndpointChanged():
            return {
                "url": body.url,
                "eventTypes": list(body.event_types),
                "description": body.description,
                "enabled": body.enabled,
                "disabledReason": "" if body.enabled else "asked",
            }
        case WebhookSecretRotated():
            return {
                "key": body.key,
                "rotation": body.rotation,
                "previousKey": body.previous_key,
                "previousRotation": body.previous_rotation,
                "previousUntil": _kept(body.previous_until),
            }
        case WebhookEndpointDisabled():
            return {"enabled": False, "disabledReason": body.reason}


def _kept(moment: datetime) -> datetime:
    """As MongoDB keeps it: in UTC, whole milliseconds."""
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


PROJECTION = Projection("webhooks", 1, "account", fold)
