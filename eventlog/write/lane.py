"""The write protocol of one partition, without I/O: what a processor proposes, and what it makes of the log.

A lane decides commands on an *overlay*: the state as it will be if everything proposed so far is accepted. Each
proposal chains on the one before, so a lost one takes all that follow with it. Only the log, read back through the
accept rule, turns proposals into facts; another writer's commit in their place drops the whole overlay.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from contracts.catalog import Catalog, MalformedMessage, UnknownMessage
from contracts.envelope import Command, Commit, Recorded, Refusal, category_of, stream_id
from contracts.model import EventBody
from contracts.sealing import KeyDestroyed, Keys, sealed
from eventlog.commit import Link, Record, accept, link
from eventlog.errors import Conflict, Corrupt, PlayheadError, Refused, Unavailable
from eventlog.write.decider import Decider
from eventlog.write.ledger import Ledger
from eventlog.write.settled import Known, Settled

MAX_COMMIT_BYTES = 900_000
"""Below the broker's limit for one record (1 MiB), with room for the batch around it."""
DETAIL_LENGTH = 1_000
"""Some details repeat what the command says, and that may be as long as a record."""

_encode_commit = msgspec.json.Encoder().encode
_decode_commit = msgspec.json.Decoder(Commit).decode


class Proposal(NamedTuple):
    """A link that was handed out for appending, and what it will have done once it is accepted."""

    link: Link
    commit: Commit
    after: Known


class Lane:
    """One partition. `owns` tells whether a stream belongs to it."""

    def __init__(
        self, deciders: Iterable[Decider[Any]], catalog: Catalog, ledger: Ledger, owns: Callable[[str], bool]
    ) -> None:
        self._deciders = {decider.category: decider for decider in deciders}
        self._catalog = catalog
        self._owns = owns
        self._settled = Settled(self._deciders.values(), ledger)
        self.position = self._settled.saved
        self.accepted = self.ignored = self.ignored_in_a_row = 0
        self.refusals: Counter[str] = Counter()
        """By code, of all commits that counted; whoever reports them clears them."""
        self.abandoned = 0
        """How often the overlay was dropped: what was proposed before has to be proposed again."""
        self._pending: deque[Proposal] = deque()
        self._overlay: dict[str, Known] = {}
        self._overlay_ids: dict[UUID, str] = {}

    @property
    def keys(self) -> Keys:
        """The keys that it opens and seals with."""
        return self._catalog.keys

    @property
    def pending(self) -> int:
        """How many proposals wait to be seen in the log."""
        return len(self._pending)

    @property
    def unsaved(self) -> int:
        """How many commits were settled since the ledger was saved."""
        return self._settled.unsaved

    def handled(self, command_id: UUID) -> str | None:
        """The payload hash of a command whose commit was seen accepted."""
        return self._settled.handled(command_id)

    def prepare(self, commands: Sequence[Command]) -> None:
        """These will be proposed next: a ledger that can looks up at once what they need of it."""
        self._settled.recall({command.stream for command in commands}, {command.id for command in commands})

    def propose(self, command: Command) -> Link | None:
        """Decide `command` on the overlay; what to append, or None where it is handled or proposed already."""
        if command.id in self._overlay_ids or self.handled(command.id) is not None:
            return None
        before = self._overlay.get(command.stream) or self._settled.stream(command.stream)
        commit, after = self._decide(command, before)
        value = _encode_commit(commit)
        if len(value) > MAX_COMMIT_BYTES:
            refused = Refused("commit.too_large", f"{len(value)} bytes; {MAX_COMMIT_BYTES} fit")
            commit = _refusal(command, before, refused)
            value, after = _encode_commit(commit), before
        tip = self._pending[-1].link.id if self._pending else self.position.head
        proposed = link(tip, command.stream.encode(), value)
        self._pending.append(Proposal(proposed, commit, after))
        self._overlay[command.stream] = after
        self._overlay_ids[command.id] = commit.payload_hash
        return proposed

    def check_ledger(self) -> None:
        """Raises `Conflict` where another process moved the ledger, before what was proposed or found handled is used.

        It would be decided on states that the log, at this lane's position, does not give; and if the log lost its
        tail back to that position, everybody would believe it.
        """
        self._settled.check()

    def see(self, record: Record) -> bool:
        """Take the next record of the log; whether it counts.

        Raises `Corrupt`, or `Conflict` where another process moved the ledger, and leaves everything as it was.
        """
        position, counts = accept(self.position, record)
        if not counts:
            self.position = position
            self.ignored += 1
            self.ignored_in_a_row += 1
            return False
        if self._pending and self._pending[0].link.id == record.id:
            proposal = self._pending.popleft()
            self._settle(proposal.commit, proposal.after)
        else:
            self._take_over(record)
        self.position = position
        self.accepted += 1
        self.ignored_in_a_row = 0
        return True

    def abandon(self) -> None:
        """Drop the whole overlay: its first proposal lost, or nobody knows what became of it."""
        self.abandoned += 1
        self._pending.clear()
        self._overlay.clear()
        self._overlay_ids.clear()

    def save(self) -> None:
        """Write what was settled into the ledger. Raises `Conflict` when another process moved it meanwhile."""
        self._settled.save(self.position)

    def _settle(self, commit: Commit, after: Known) -> None:
        self._settled.settle(commit.stream, after, commit.command_id, commit.payload_hash)
        if any(one.type in self._catalog.erasing for one in commit.events):
            self._settled.forget = True
        if commit.refusal is not None:
            self.refusals[commit.refusal.code] += 1

    def _take_over(self, record: Record) -> None:
        """Another writer's commit counts: nothing of the overlay will."""
        try:
            commit = self._catalog.opened(_decode_commit(record.value))
        except msgspec.DecodeError:
            self._settled.lose(record.key.decode(errors="replace"))
        else:
            self._settle(commit, self._fold(commit))
        self.abandon()

    def _fold(self, commit: Commit) -> Known:
        """The stream after another writer's commit."""
        if self.handled(commit.command_id) is not None:
            raise self._contradiction(f"command {commit.command_id} has two commits that count")
        before = self._settled.stream(commit.stream)
        if commit.version != before.version + len(commit.events):
            raise self._contradiction(
                f"{commit.stream} stands at version {before.version}; command {commit.command_id} added "
                f"{len(commit.events)} event(s) and claims version {commit.version}"
            )
        tenant = before.tenant or (commit.tenant if commit.events else "")
        decider = self._deciders.get(category_of(commit.stream))
        state = before.state
        try:
            for recorded in commit.events:
                for event in self._catalog.read_event(recorded.type, recorded.type_version, bytes(recorded.data)):
                    state = decider.evolve(state, event) if decider and state is not None else None
        except (UnknownMessage, MalformedMessage):
            state = None
        return Known(commit.version, tenant, state)

    def _contradiction(self, what: str) -> PlayheadError:
        """The ledger is ahead of this lane where another process moved it: then the log is fine, and this lane old."""
        if self._settled.moved():
            return Conflict(f"{what}, as it seems: another process moved the ledger of this partition meanwhile")
        return Corrupt(f"{what}: its writer does not know this log")

    def _decide(self, command: Command, before: Known) -> tuple[Commit, Known]:
        try:
            events, state = self._rule(command, before)
            subject = self._subject(command, before.state, state)
            keys, stream = self._catalog.keys, command.stream
            recorded = [
                Recorded(type=e.TYPE, type_version=e.VERSION, data=sealed(e, e.TYPE, stream, subject, keys))
                for e in events
            ]
        except Refused as refused:
            return _refusal(command, before, refused), before
        except KeyDestroyed:
            return _refusal(command, before, Refused("account.erased", "whom this is about was erased")), before
        except Unavailable:
            raise  # that the keys cannot be asked for now is no reason to refuse: it is decided when they can
        except Exception as error:  # noqa: BLE001 - a rule that breaks must not stall its partition: it refuses, by name
            return _refusal(command, before, Refused("decider.failed", type(error).__name__)), before
        version = before.version + len(recorded)
        tenant = before.tenant or (command.tenant if recorded else "")
        return _commit(command, version, subject, events=tuple(recorded)), Known(version, tenant, state)

    def _subject(self, command: Command, before: Any, after: Any) -> str:
        """The account stream that the stream is about. One that goes is still about whom it was about."""
        if not self._catalog.keys.seals:
            return ""
        category = category_of(command.stream)
        decider = self._deciders.get(category)
        account = decider and ((after and decider.subject(after)) or (before and decider.subject(before)))
        if not account:
            return ""
        return command.stream if category == "account" else _account_stream(command.tenant, account)

    def _rule(self, command: Command, before: Known) -> tuple[list[EventBody], Any]:
        decider = self._deciders.get(category_of(command.stream))
        if decider is None or not self._owns(command.stream):
            raise Refused("stream.misplaced", f"{command.stream} is not decided in this partition")
        if before.state is None:
            raise Refused("stream.not_understood", "newer code wrote this stream; try again after the upgrade")
        body = self._body(command, decider)
        foreign = _foreign(decider, command, before)
        state = decider.initial if foreign else before.state
        if command.expected_version is not None and not foreign and command.expected_version != before.version:
            raise Refused("version.stale", f"expected version {command.expected_version}, it is {before.version}")
        events = list(decider.decide(state, body, command.at))
        if foreign and events:
            raise foreign
        for event in events:
            state = decider.evolve(state, event)
        return events, before.state if foreign else state

    def _body(self, command: Command, decider: Decider[Any]) -> Any:
        try:
            data = self._catalog.opened_command(command)
            body = self._catalog.decode_command(command.type, command.type_version, data)
        except (UnknownMessage, MalformedMessage) as error:
            raise Refused("command.malformed", str(error)) from error
        if not isinstance(body, decider.commands):
            raise Refused("command.misplaced", f"{command.type} is not for a {decider.category}")
        return body


def payload_hash(command: Command) -> str:
    """What tells a repeat of a command from another command under the same id: 32 hexadecimal digits."""
    asked = f"{command.stream}\0{command.type}\0{command.type_version}\0{command.expected_version}"
    return blake2b(asked.encode() + bytes(command.data), digest_size=16).hexdigest()


def _foreign(decider: Decider[Any], command: Command, before: Known) -> Refused | None:
    """What a stranger is told who asks for what only a new stream allows; to all else there is no such stream for him.

    None for whoever has to do with the stream.
    """
    if before.tenant and before.tenant != command.tenant:
        return Refused("stream.not_found", f"there is no {decider.category} of that id")
    if command.only_of is None or decider.subject(before.state) in (None, command.only_of):
        return None
    return Refused(f"{decider.category}.exists", f"another {decider.category} has this id")


@lru_cache(10_000)
def _account_stream(tenant: str, account: UUID) -> str:
    return stream_id("account", tenant, str(account))


def fold_version(deciders: Iterable[Decider[Any]], catalog: Catalog) -> str:
    """What a ledger was folded with: another value, and it is folded anew.

    The events that were understood belong to it: of a stream with one that was not, the ledger holds no state.
    """
    folded = ",".join(f"{one.category}={one.version}" for one in sorted(deciders, key=lambda one: one.category))
    return f"{folded};reads={blake2b(repr(catalog.reading()).encode(), digest_size=8).hexdigest()}"


def _commit(
    command: Command, version: int, subject: str = "", events: tuple[Recorded, ...] = (), refusal: Refusal | None = None
) -> Commit:
    return Commit(
        stream=command.stream,
        version=version,
        command_id=command.id,
        command_type=command.type,
        payload_hash=payload_hash(command),
        at=command.at,
        tenant=command.tenant,
        actor=command.actor,
        origin=command.origin,
        subject=subject,
        events=events,
        refusal=refusal,
        trace=command.trace,
    )


def _refusal(command: Command, before: Known, refused: Refused) -> Commit:
    refusal = Refusal(code=refused.code, detail=refused.detail[:DETAIL_LENGTH], about=refused.about)
    return _commit(command, before.version, refusal=refusal)
