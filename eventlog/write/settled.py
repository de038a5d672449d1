"""What the log has settled of one partition: the streams and handled ids that were seen to count, over their ledger.

What was seen since the last save is kept here, and stands before what the ledger says of the same stream or command.
"""

from collections.abc import Collection
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from pydantic import BaseModel

from contracts.envelope import category_of
from eventlog.commit import Position
from eventlog.errors import Conflict
from eventlog.write.decider import Decider
from eventlog.write.ledger import Ledger, Recalls, Stored


class Known(NamedTuple):
    """A stream in the overlay or as settled. `state` is None where an event of it was not understood."""

    version: int
    tenant: str
    state: Any


class Settled:
    """The fold of the log, up to a position that the lane keeps."""

    def __init__(self, deciders: Collection[Decider[Any]], ledger: Ledger) -> None:
        self._initial = {decider.category: decider.initial for decider in deciders}
        self._codecs = {
            decider.category: (
                msgspec.msgpack.Encoder(enc_hook=_packed_model),
                msgspec.msgpack.Decoder(decider.state_type, dec_hook=_unpacked_model),
            )
            for decider in deciders
        }
        self._ledger = ledger
        self._streams: dict[str, Known] = {}
        self._ids: dict[UUID, str] = {}
        self.forget = False
        """Whether somebody was erased since: the ledger is to keep no earlier state."""
        self.saved = ledger.position()
        """Where the ledger stood when it was read or saved last."""

    @property
    def unsaved(self) -> int:
        """How many commits were settled since the ledger was saved."""
        return len(self._ids)

    def stream(self, name: str) -> Known:
        """The stream as far as the log was read; one without a commit stands at version 0."""
        if known := self._streams.get(name):
            return known
        category = category_of(name)
        stored = self._ledger.stream(name)
        if stored is None:
            return Known(0, "", self._initial.get(category))
        codec = self._codecs.get(category)
        state = codec[1].decode(stored.state) if codec and stored.state is not None else None
        return Known(stored.version, stored.tenant, state)

    def handled(self, command_id: UUID) -> str | None:
        """The payload hash of a command whose commit was seen accepted."""
        return self._ids.get(command_id) or self._ledger.handled(command_id)

    def recall(self, streams: Collection[str], commands: Collection[UUID]) -> None:
        """These will be asked for next: a ledger that can looks them up at once."""
        if isinstance(self._ledger, Recalls):
            self._ledger.recall(streams, commands)

    def settle(self, stream: str, after: Known, command_id: UUID, payload_hash: str) -> None:
        """A commit counts, and left its stream as `after`."""
        self._streams[stream] = after
        self._ids[command_id] = payload_hash

    def lose(self, stream: str) -> None:
        """A commit counts that nobody here can read: what its stream is now is not known."""
        self._streams[stream] = self.stream(stream)._replace(state=None)

    def moved(self) -> bool:
        """Whether another process moved the ledger."""
        return self._ledger.position() != self.saved

    def check(self) -> None:
        """Raises `Conflict` where another process moved the ledger."""
        if (found := self._ledger.position()) != self.saved:
            raise Conflict(f"another process moved the ledger, from {self.saved} to {found}")

    def save(self, position: Position) -> None:
        """Write what was settled, up to `position`. Raises `Conflict` when another process moved the ledger."""
        if position == self.saved:
            return
        streams = {name: self._packed(name, known) for name, known in self._streams.items()}
        self._ledger.save(self.saved, position, streams, self._ids, forget=self.forget)
        self.saved = position
        self.forget = False
        self._streams = {}
        self._ids = {}

    def _packed(self, stream: str, known: Known) -> Stored:
        if known.state is None:
            return Stored(known.version, known.tenant, None)
        return Stored(known.version, known.tenant, self._codecs[category_of(stream)][0].encode(known.state))


def _packed_model(value: Any) -> Any:
    """A message's part in a state, as plain values. Raises for what is no model: a state holds no such thing."""
    if not isinstance(value, BaseModel):
        raise NotImplementedError(f"a state cannot hold a {type(value).__name__}")
    return value.model_dump(mode="json", by_alias=True)


def _unpacked_model(kind: type[BaseModel], value: Any) -> BaseModel:
    return kind.model_validate(value)
