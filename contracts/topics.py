"""The topics, as data: who may write, who reads, what a record is keyed by and how long it stays.

The partition count is one number for the four topics of commands and events, chosen once: a stream lives in the same
partition of each, and a changed count would move it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

HOUR_MS = 60 * 60 * 1000
FOR_EVER = -1
MAX_RECORD_BYTES = 1_048_576
"""What the broker takes in one record; a commit stays below it."""


@dataclass(frozen=True, slots=True)
class Topic:
    """`cleanup` is never compaction: an older event is not worth less than a newer one.

    `chained` topics hold commits: a hash chain in each partition, so their records may come from their writer alone.
    """

    name: str
    key: str
    retention_ms: int
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    cleanup: Literal["delete"] = "delete"
    chained: bool = False
    config: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def settings(self) -> dict[str, str]:
        """The topic's configuration, as a broker takes it."""
        return {
            "retention.ms": str(self.retention_ms),
            "cleanup.policy": self.cleanup,
            "max.message.bytes": str(MAX_RECORD_BYTES),
            **self.config,
        }


_EVENTS = {"retention.bytes": "-1", "message.timestamp.type": "CreateTime", "unclean.leader.election.enable": "false"}

SESSION_COMMANDS = Topic(
    name="playhead.session.commands",
    key="stream id",
    retention_ms=7 * 24 * HOUR_MS,
    writers=("gateway", "session", "render", "ops"),
    readers=("session",),
)
"""Wishes for sessions and accounts."""

SESSION_EVENTS = Topic(
    name="playhead.session.events",
    key="stream id",
    retention_ms=FOR_EVER,
    writers=("session",),
    readers=("session", "analytics", "gateway", "ops"),
    chained=True,
    config=_EVENTS,
)
"""All that ever happened to sessions and accounts."""

RENDER_COMMANDS = Topic(
    name="playhead.render.commands",
    key="stream id",
    retention_ms=7 * 24 * HOUR_MS,
    writers=("gateway", "session", "render", "ops"),
    readers=("render",),
)
"""Wishes for jobs."""

RENDER_EVENTS = Topic(
    name="playhead.render.events",
    key="stream id",
    retention_ms=FOR_EVER,
    writers=("render",),
    readers=("render", "analytics", "gateway", "ops"),
    chained=True,
    config=_EVENTS,
)
"""All that ever happened to jobs."""

RENDER_PROGRESS = Topic(
    name="playhead.render.progress",
    key="stream id of the job",
    retention_ms=HOUR_MS,
    writers=("render",),
    readers=("gateway",),
)
"""News of running jobs: nice to have, never a fact."""

COMMANDS_OF: Mapping[str, str] = {
    "session": SESSION_COMMANDS.name,
    "account": SESSION_COMMANDS.name,
    "preset": SESSION_COMMANDS.name,
    "project": SESSION_COMMANDS.name,
    "operation": SESSION_COMMANDS.name,
    "job": RENDER_COMMANDS.name,
    "upload": RENDER_COMMANDS.name,
}
"""Category of a stream to the topic that its commands go to."""

TOPICS: tuple[Topic, ...] = (SESSION_COMMANDS, SESSION_EVENTS, RENDER_COMMANDS, RENDER_EVENTS, RENDER_PROGRESS)
