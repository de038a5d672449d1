"""What the driver does, told to the log: each operation with its duration, and when the server goes and comes back.

Never what was asked, nor what was answered: documents are people's. Levels: DEBUG an operation, WARNING one that was
slow or failed, unless that is how it tells what was to be known, and a server that does not answer, INFO a server that
answers again.
"""

from typing import Any, Final

import structlog

from eventlog.read.mongo.driver import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
    ServerHeartbeatFailedEvent,
    ServerHeartbeatListener,
    ServerHeartbeatStartedEvent,
    ServerHeartbeatSucceededEvent,
)

SLOW_MS: Final = 250.0
WAITS: Final = frozenset({"getMore", "aggregate"})
"""Operations that wait on the server for news, as change streams do: they are slow on purpose."""
EXPECTED: Final = frozenset({("create", "NamespaceExists"), ("getMore", "CursorKilled")})
"""Failures that are answers: the collection is there already, and nobody waits for the news of a stream any more."""
_CANCELLED: Final = "_OperationCancelled"
"""The driver stopped looking, to look anew or for good: it says nothing about the server."""
_log = structlog.get_logger(__name__)


class Operations(CommandListener):
    """One line for each operation, in the thread that did it."""

    def __init__(self) -> None:
        self._collections: dict[int, str] = {}

    def started(self, event: CommandStartedEvent) -> None:
        name = event.command.get(event.command_name)
        if isinstance(name, str):
            self._collections[event.request_id] = name

    def succeeded(self, event: CommandSucceededEvent) -> None:
        about = self._about(event)
        slow = about["ms"] > SLOW_MS and event.command_name not in WAITS
        (_log.warning if slow else _log.debug)("MongoDB operation was slow" if slow else "MongoDB operation", **about)

    def failed(self, event: CommandFailedEvent) -> None:
        failure = event.failure
        error = failure.get("codeName") or failure.get("errtype") or "no answer"
        tell = _log.debug if (event.command_name, error) in EXPECTED else _log.warning
        tell("MongoDB operation failed", **self._about(event), code=failure.get("code"), error=error)

    def _about(self, event: CommandSucceededEvent | CommandFailedEvent) -> dict[str, Any]:
        collection = self._collections.pop(event.request_id, "")
        ms = round(event.duration_micros / 1000, 3)
        return {"operation": event.command_name, "collection": collection, "ms": ms}


class Health(ServerHeartbeatListener):
    """The driver looks at each server every few seconds, and connects again by itself; this says so once a change."""

    def __init__(self) -> None:
        self._away: set[str] = set()

    def started(self, event: ServerHeartbeatStartedEvent) -> None:
        """Only what comes of it is told."""

    def succeeded(self, event: ServerHeartbeatSucceededEvent) -> None:
        server = _name(event.connection_id)
        if server in self._away:
            self._away.discard(server)
            _log.info("MongoDB answers again", server=server)

    def failed(self, event: ServerHeartbeatFailedEvent) -> None:
        if type(event.reply).__name__ == _CANCELLED:
            return
        server = _name(event.connection_id)
        if server not in self._away:
            self._away.add(server)
            _log.warning("MongoDB does not answer; connecting again", server=server, error=type(event.reply).__name__)


def _name(address: tuple[str, int | None]) -> str:
    return f"{address[0]}:{address[1]}"
