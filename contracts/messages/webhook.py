"""The words of an account about its webhook endpoints: where it wants to be told of what happens to its things.

No secret stands here. What signs for an endpoint is derived from one of the gateway's keys (`key` names it), from the
endpoint's id and from how often its secret was rotated.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar, Literal, TypeAlias
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.model import PERSONAL, CommandBody, EventBody, Personal


class WebhookEventType(StrEnum):
    """What an endpoint can be told of: the events of these types, under their own names."""

    SESSION_STARTED = "session.started"
    PROMPT_REFINED = "session.prompt_refined"
    SCRIPT_GENERATED = "session.script_generated"
    AUDIO_GENERATED = "session.audio_generated"
    SCENES_PLANNED = "session.scenes_planned"
    VIDEO_RENDERED = "session.video_rendered"
    SESSION_COMPLETED = "session.completed"
    SESSION_FAILED = "session.failed"
    SESSION_CANCELED = "session.canceled"
    SESSION_RETRIED = "session.retried"
    SESSION_DELETED = "session.deleted"
    SESSION_RESTORED = "session.restored"
    JOB_QUEUED = "job.queued"
    JOB_STAGE_COMPLETED = "job.stage_completed"
    JOB_COMPLETED = "job.completed"
    JOB_FAILED = "job.failed"
    JOB_CANCELED = "job.canceled"
    JOB_RETRIED = "job.retried"
    JOB_EXPIRED = "job.expired"


LONGEST_URL = 2048
Url = Annotated[
    str, Field(min_length=8, max_length=LONGEST_URL, pattern=r"^https?://", json_schema_extra={PERSONAL: True})
]
EndpointDescription = Annotated[str, Field(max_length=200, json_schema_extra={PERSONAL: True})]
EventTypes = Annotated[tuple[WebhookEventType, ...], Field(max_length=len(WebhookEventType))]
"""Which events an endpoint is told of; none named: all of them."""

KeyName = Annotated[str, Field(min_length=1, max_length=100)]
DisabledReason = Literal["gone", "failing", "asked"]
"""`gone`: it answered 410; `failing`: nothing reached it for days; `asked`: its owner wanted it so."""


class EndpointCommand(CommandBody):
    """What is asked of one endpoint."""

    endpoint_id: UUID


class EndpointEvent(EventBody):
    """What happened to one endpoint."""

    account_id: UUID
    endpoint_id: UUID


class AddWebhookEndpoint(EndpointCommand):
    """Tell this address of what happens. `key` is the gateway's key that its secret is derived from."""

    TYPE: ClassVar[str] = "AddWebhookEndpoint"

    url: Url
    event_types: EventTypes = ()
    description: EndpointDescription = ""
    key: KeyName


class ChangeWebhookEndpoint(EndpointCommand):
    """Change what is named; None leaves a field as it is. `enabled` brings back an endpoint that was disabled."""

    TYPE: ClassVar[str] = "ChangeWebhookEndpoint"

    url: Url | None = None
    event_types: EventTypes | None = None
    description: EndpointDescription | None = None
    enabled: bool | None = None


class RotateWebhookSecret(EndpointCommand):
    """Sign with a new secret, the `rotation`-th after the first, and with the one before it until `previous_until`."""

    TYPE: ClassVar[str] = "RotateWebhookSecret"

    rotation: Annotated[int, Field(ge=1, le=1_000_000)]
    key: KeyName
    previous_until: AwareDatetime


class DisableWebhookEndpoint(EndpointCommand):
    """Stop telling the endpoint; it stays, and can be enabled again. One that was disabled or removed stays so."""

    TYPE: ClassVar[str] = "DisableWebhookEndpoint"

    reason: DisabledReason


class RemoveWebhookEndpoint(EndpointCommand):
    """Forget the endpoint. One that was removed stays so."""

    TYPE: ClassVar[str] = "RemoveWebhookEndpoint"


class WebhookEndpointAdded(EndpointEvent):
    """The account is told of what happens at this address from now on."""

    TYPE: ClassVar[str] = "account.webhook_endpoint_added"

    url: Personal
    event_types: tuple[str, ...]
    description: Personal
    key: str


class WebhookEndpointChanged(EndpointEvent):
    """How the endpoint is from now on."""

    TYPE: ClassVar[str] = "account.webhook_endpoint_changed"

    url: Personal
    event_types: tuple[str, ...]
    description: Personal
    enabled: bool


class WebhookSecretRotated(EndpointEvent):
    """The endpoint has another secret; until `previous_until` the one before it signs too."""

    TYPE: ClassVar[str] = "account.webhook_secret_rotated"

    rotation: int
    key: str
    previous_rotation: int
    previous_key: str
    previous_until: datetime


class WebhookEndpointDisabled(EndpointEvent):
    """The endpoint is told nothing until somebody enables it again."""

    TYPE: ClassVar[str] = "account.webhook_endpoint_disabled"

    reason: str


class WebhookEndpointRemoved(EndpointEvent):
    """The endpoint is gone."""

    TYPE: ClassVar[str] = "account.webhook_endpoint_removed"


WebhookCommand: TypeAlias = (
    AddWebhookEndpoint | ChangeWebhookEndpoint | RotateWebhookSecret | DisableWebhookEndpoint | RemoveWebhookEndpoint
)

WebhookEvent: TypeAlias = (
    WebhookEndpointAdded
    | WebhookEndpointChanged
    | WebhookSecretRotated
    | WebhookEndpointDisabled
    | WebhookEndpointRemoved
)
