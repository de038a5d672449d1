"""The write protocol of one partition, without I/O: what a processor proposes, and what it makes of the log.

A lane decides commands on an *overlay*: the state as it will be if everything proposed so far is accepted. Each
proposal chains on the one before, so a lost one takes all that follow with it. Only the log, read back through the
accept rule, turns proposals into facts; another writer's commit in their place drops the whole overlay.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from contracts.catalog import Catalog
from contracts.envelope import Command, Commit
from contracts.sealing import Keys
from eventlog.commit import Link, Record, accept, link
from eventlog.errors import Conflict, Corrupt, PlayheadError
from eventlog.write.decider import Decider
from eventlog.write.deciding import Deciding
from eventlog.write.ledger import Ledger
from eventlog.write.settled import Known, Settled

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
        deciders = tuple(deciders)
        self._catalog = catalog
        self._deciding = Deciding(deciders, catalog, owns)
        self._settled = Settled(deciders, ledger)
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
        commit, value, after = self._deciding.decide(command, before)
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
        return Known(commit.version, tenant, self._deciding.state_after(commit, before.state))

    def _contradiction(self, what: str) -> PlayheadError:
        """The ledger is ahead of this lane where another process moved it: then the log is fine, and this lane old."""
        if self._settled.moved():
            return Conflict(f"{what}, as it seems: another process moved the ledger of this partition meanwhile")
        return Corrupt(f"{what}: its writer does not know this log")
