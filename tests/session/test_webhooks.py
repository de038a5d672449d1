"""An account's webhook endpoints: each command with its possible outcomes, and the document that comes of them."""

from datetime import timedelta

import pytest

from contracts.messages.access import RequestErasure
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
    WebhookEventType,
    WebhookSecretRotated,
)
from services.session.deciders.account import DECIDER
from services.session.deciders.webhooks import MOST_ENDPOINTS
from services.session.projections.webhooks import PROJECTION
from tests.bdd import NOON, Given, given
from tests.flows.kept import check_document
from tests.histories import folded
from tests.session.words import ACCOUNT, an_id, register

ENDPOINT = an_id("endpoint")
URL = "https://example.org/hooks"
ADD = AddWebhookEndpoint(endpoint_id=ENDPOINT, url=URL, key="2026-11")
REMOVE = RemoveWebhookEndpoint(endpoint_id=ENDPOINT)
DISABLE = DisableWebhookEndpoint(endpoint_id=ENDPOINT, reason="gone")
ENABLE = ChangeWebhookEndpoint(endpoint_id=ENDPOINT, enabled=True)
LATER = NOON + timedelta(days=1)
COMPLETED, FAILED = WebhookEventType.SESSION_COMPLETED, WebhookEventType.SESSION_FAILED


def rotate(rotation: int) -> RotateWebhookSecret:
    return RotateWebhookSecret(endpoint_id=ENDPOINT, rotation=rotation, key="2026-12", previous_until=LATER)


def opened() -> Given:
    return given(DECIDER).after(register())


def test_an_endpoint_is_added_once_and_removed_once() -> None:
    added = WebhookEndpointAdded(
        account_id=ACCOUNT, endpoint_id=ENDPOINT, url=URL, event_types=(), description="", key="2026-11"
    )
    after = opened().when(ADD).then(added)
    after.when(ADD).then_nothing()
    gone = after.when(REMOVE).then(WebhookEndpointRemoved(account_id=ACCOUNT, endpoint_id=ENDPOINT))
    gone.when(REMOVE).then_nothing()
    gone.when(DISABLE).then_nothing()


def test_a_change_leaves_what_it_does_not_name_and_a_repeat_is_not_news() -> None:
    change = ChangeWebhookEndpoint(endpoint_id=ENDPOINT, event_types=(FAILED, COMPLETED, FAILED))
    changed = WebhookEndpointChanged(
        account_id=ACCOUNT,
        endpoint_id=ENDPOINT,
        url=URL,
        event_types=("session.completed", "session.failed"),
        description="",
        enabled=True,
    )
    after = opened().after(ADD).when(change).then(changed)
    after.when(change).then_nothing()
    after.when(ENABLE).then_nothing()


def test_an_endpoint_that_is_gone_is_disabled_once_and_can_be_enabled_again() -> None:
    disabled = WebhookEndpointDisabled(account_id=ACCOUNT, endpoint_id=ENDPOINT, reason="gone")
    after = opened().after(ADD).when(DISABLE).then(disabled)
    after.when(DISABLE).then_nothing()
    (enabled,) = after.when(ENABLE).decided()
    assert isinstance(enabled, WebhookEndpointChanged)
    assert enabled.enabled


def test_each_rotation_follows_the_one_before_it() -> None:
    rotated = WebhookSecretRotated(
        account_id=ACCOUNT,
        endpoint_id=ENDPOINT,
        rotation=1,
        key="2026-12",
        previous_rotation=0,
        previous_key="2026-11",
        previous_until=LATER,
    )
    after = opened().after(ADD).when(rotate(1)).then(rotated)
    after.when(rotate(1)).refused("webhook.rotated")
    after.when(rotate(3)).refused("webhook.rotated")
    assert after.when(rotate(2)).decided()


def test_an_account_has_a_bounded_number_of_endpoints() -> None:
    many = [AddWebhookEndpoint(endpoint_id=an_id(n), url=URL, key="k") for n in range(MOST_ENDPOINTS)]
    full = opened().after(*many)
    full.when(ADD).refused("webhook.too_many")
    assert full.after(RemoveWebhookEndpoint(endpoint_id=an_id(0))).when(ADD).decided()


@pytest.mark.parametrize("command", [ENABLE, rotate(1)])
def test_what_is_not_there_can_be_neither_changed_nor_rotated(command: WebhookCommand) -> None:
    opened().when(command).refused("webhook.unknown")


@pytest.mark.parametrize("command", [ADD, ENABLE, rotate(1)])
def test_a_closed_account_gets_nothing_new(command: WebhookCommand) -> None:
    opened().after(ADD, RequestErasure()).when(command).refused("account.closed")


def test_the_document_shows_every_endpoint_as_it_is() -> None:
    other = AddWebhookEndpoint(endpoint_id=an_id("other"), url=URL, event_types=(COMPLETED,), key="2026-11")
    history = opened().after(ADD, other, rotate(1), DISABLE)
    (document,) = folded(PROJECTION, history.events)
    check_document("webhooks", document)
    first, second = document["endpoints"]
    assert (first["rotation"], first["key"], first["previousRotation"], first["previousKey"]) == (
        1,
        "2026-12",
        0,
        "2026-11",
    )
    assert (first["enabled"], first["disabledReason"], first["previousUntil"]) == (False, "gone", LATER)
    assert (second["eventTypes"], second["enabled"]) == (["session.completed"], True)
    (after,) = folded(PROJECTION, history.after(ENABLE, RemoveWebhookEndpoint(endpoint_id=an_id("other"))).events)
    assert [(one["enabled"], one["disabledReason"]) for one in after["endpoints"]] == [(True, "")]


def test_an_account_that_never_had_an_endpoint_has_no_document_and_a_closed_one_keeps_none() -> None:
    assert folded(PROJECTION, opened().after(RequestErasure()).events) == ()
    (closed,) = folded(PROJECTION, opened().after(ADD, RequestErasure()).events)
    assert closed["endpoints"] == []
