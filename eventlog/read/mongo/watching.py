"""Change streams: what was written, in the order of its commits, from a place that the reader keeps."""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

from eventlog.errors import Conflict
from eventlog.read.mongo.current import GENERATIONS
from eventlog.read.mongo.driver import ChangeStream, Document, our_errors

ResumeToken: TypeAlias = Mapping[str, Any]
"""Where a change stream goes on. Opaque; the server forgets it when its oplog is full."""


class Change(NamedTuple):
    """One document that was written. `token` is the place behind it."""

    collection: str
    document: Document
    token: ResumeToken


class Watch:
    """An open change stream. It holds one thread of the driver's pool while it waits."""

    def __init__(self, stream: ChangeStream, names: Mapping[str, str]) -> None:
        self._stream = stream
        self._names = names

    @property
    def token(self) -> ResumeToken | None:
        """The place to resume from; it moves on even while nothing matches."""
        return self._stream.resume_token

    async def next(self) -> Change | None:
        """The next change, or None where none came within the stream's waiting time.

        Raises `Unavailable`, and `Conflict` where the stream's place is no longer in the server's history, or where
        another generation of documents has become the current one: read them, then watch from now.
        """
        with our_errors():
            change = await self._stream.try_next()
        if change is None:
            return None
        if change["ns"]["coll"] == GENERATIONS:
            raise Conflict("another generation of documents is the current one: read them, then watch from now")
        return Change(self._names[change["ns"]["coll"]], change["fullDocument"], change["_id"])
