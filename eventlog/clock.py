"""The only clock and the only dice. Rules never import this: time and ids are arguments there."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import uuid_utils.compat

Clock = Callable[[], datetime]


def now() -> datetime:
    """UTC, cut to whole milliseconds: what MongoDB keeps, so a date is the same in the log and in a document."""
    moment = datetime.now(UTC)  # noqa: TID251 - this module is the one clock
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def nanoseconds() -> int:
    """Unix time, as traces want it."""
    return time.time_ns()


def new_id() -> UUID:
    """A UUIDv7: random, and ordered by time."""
    return uuid_utils.compat.uuid7()
