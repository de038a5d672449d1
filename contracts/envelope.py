"""What travels around every message.

msgspec structs, not pydantic models: the envelope is read once a record on every path, the letter inside
(`data`, kept as raw JSON bytes) only where somebody needs it.
"""

from datetime import datetime
from functools import lru_cache
from uuid import UUID

import msgspec

from contracts.names import uuid5


class Command(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A wish. `id` is the dedupe key, `at` (UTC, whole milliseconds) is stamped once, by whoever sends it.

    `subject` is the account stream under whose key what is personal in `data` stands; empty: in plain text.
    `only_of`: the account that the stream has to be about, where it is about any; None: whoever's of the tenant.
    """

    id: UUID
    stream: str
    type: str
    type_version: int = 1
    at: datetime
    tenant: str
    actor: str
    origin: str = ""
    expected_version: int | None = None
    only_of: UUID | None = None
    subject: str = ""
    trace: str = ""
    """The W3C `traceparent` of what it was sent for, where that is traced. No rule sees it, and it tells no commands
    apart."""
    data: msgspec.Raw


class Recorded(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One event of a commit. Its id is not stored: it is `event_id(commit.command_id, n)`."""

    type: str
    type_version: int
    data: msgspec.Raw


class Refusal(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Why a command changed nothing: a stable code, a sentence for people, and, for policies, what it was about."""

    code: str
    detail: str = ""
    about: str = ""


class Commit(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What one command did, in one record: 0..n events, or a refusal.

    `version` is the stream's number of events after it. `payload_hash` (32 hexadecimal digits) tells a repeat of
    the command from another command that was given the same id. `subject` is the account stream under whose key what is
    personal in the events stands; empty where nobody's is known.
    """

    stream: str
    version: int
    command_id: UUID
    command_type: str
    payload_hash: str
    at: datetime
    tenant: str
    actor: str
    origin: str = ""
    subject: str = ""
    events: tuple[Recorded, ...] = ()
    refusal: Refusal | None = None
    trace: str = ""
    """That of the command. No fold sees it."""


def event_id(command_id: UUID, number: int) -> UUID:
    """The id of the commit's event `number`, counted from 0."""
    return uuid5(command_id, str(number))


def part_id(event: UUID, part: int) -> UUID:
    """The id of what a stored event reads as today, where that is several: the first has the event's own."""
    return uuid5(event, f"part {part}") if part else event


def refusal_id(command_id: UUID) -> UUID:
    """The id under which policies hear of a refusal."""
    return uuid5(command_id, "refusal")


_STREAMS = UUID("5f0c2f3e-6f0c-5d39-9d1b-6a1f6f0f4c11")


def stream_id(category: str, tenant: str, public_id: str) -> str:
    """The stream of a thing: `session-<uuid>`. Tenant and id are hashed: no tenant's ids tell of another's."""
    return f"{category}-{uuid5(_of_tenant(tenant), public_id)}"


@lru_cache(maxsize=4_096)
def _of_tenant(tenant: str) -> UUID:
    return uuid5(_STREAMS, tenant)


def category_of(stream: str) -> str:
    """`session` of `session-<uuid>`."""
    return stream.partition("-")[0]
