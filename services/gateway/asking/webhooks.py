"""What the calls about webhooks have in common: the caller's own endpoint, and a URL that may be told."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from starlette.responses import Response

from services.gateway.auth.principal import Principal
from services.gateway.http.problems import Problem
from services.gateway.ports.gateway import Gateway
from services.gateway.stored import Stored
from services.gateway.webhooks.targets import NotATarget


async def endpoints_of(gateway: Gateway, caller: Principal) -> list[Stored]:
    """The caller's endpoints, newest first. Raises `Unavailable`."""
    document = await gateway.webhooks.endpoints.of_account(caller.tenant, str(caller.account))
    found: list[Stored] = list(document["endpoints"]) if document else []
    return sorted(found, key=lambda one: (one["createdAt"], one["endpointId"]), reverse=True)


async def endpoint_of_caller(gateway: Gateway, caller: Principal, endpoint_id: UUID) -> Stored:
    """The endpoint. Raises the problem where the caller has none of that id, and `Unavailable`."""
    for one in await endpoints_of(gateway, caller):
        if one["endpointId"] == str(endpoint_id):
            return one
    raise Problem(
        "webhook.unknown",
        f"You have no webhook endpoint {endpoint_id}. GET /v1/webhook-endpoints lists those that you have.",
    )


def check_url(gateway: Gateway, url: str) -> None:
    """Raises the problem for a URL that nothing would ever be sent to."""
    try:
        gateway.webhooks.rules.read(url)
    except NotATarget as error:
        raise Problem("webhook.url", f"url: {error}.") from error


def newest_key(gateway: Gateway) -> str:
    """The name of the key for new secrets. Raises the problem where there is none."""
    if not gateway.webhooks.secrets.newest:
        raise Problem("webhook.off", "An operator has to set PLAYHEAD_WEBHOOK_KEYS before webhooks can be used here.")
    return gateway.webhooks.secrets.newest


def with_fields(response: Response, fields: Mapping[str, Any]) -> Response:
    """The answer with more fields, put in after the answer was kept for repeats: there a secret never stands."""
    if not fields or response.status_code not in {200, 201, 202}:
        return response
    content = msgspec.json.encode({**msgspec.json.decode(bytes(response.body)), **fields})
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Response(content, response.status_code, headers | {"cache-control": "no-store"})
