"""What a command comes to, without I/O: a commit with its events, or with the reason why there are none.

Whoever asks for what a rule forbids, for what is not his, or in words that this code does not know is refused. A
refusal is a commit as well, so that everybody hears of it, and once.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import Any
from uuid import UUID

import msgspec

from contracts.catalog import Catalog, MalformedMessage, UnknownMessage
from contracts.envelope import Command, Commit, Recorded, Refusal, category_of, stream_id
from contracts.model import EventBody
from contracts.sealing import KeyDestroyed, sealed
from eventlog.errors import Refused, Unavailable
from eventlog.write.decider import Decider
from eventlog.write.settled import Known

MAX_COMMIT_BYTES = 900_000
"""Below the broker's limit for one record (1 MiB), with room for the batch around it."""
DETAIL_LENGTH = 1_000
"""Some details repeat what the command says, and that may be as long as a record."""

_encode_commit = msgspec.json.Encoder().encode


class Deciding:
    """The rules of one partition. `owns` tells whether a stream belongs to it."""

    def __init__(self, deciders: Iterable[Decider[Any]], catalog: Catalog, owns: Callable[[str], bool]) -> None:
        self._deciders = {decider.category: decider for decider in deciders}
        self._catalog = catalog
        self._owns = owns

    def decide(self, command: Command, before: Known) -> tuple[Commit, bytes, Known]:
        """The commit, its bytes, and the stream after it. Raises `Unavailable` where a subject's key is not there."""
        commit, after = self._decide(command, before)
        value = _encode_commit(commit)
        if len(value) > MAX_COMMIT_BYTES:
            refused = Refused("commit.too_large", f"{len(value)} bytes; {MAX_COMMIT_BYTES} fit")
            commit, after = _refusal(command, before, refused), before
            value = _encode_commit(commit)
        return commit, value, after

    def state_after(self, commit: Commit, state: Any) -> Any:
        """The state of the commit's stream after its events; None where this code does not understand one."""
        decider = self._deciders.get(category_of(commit.stream))
        try:
            for recorded in commit.events:
                for event in self._catalog.read_event(recorded.type, recorded.type_version, bytes(recorded.data)):
                    state = decider.evolve(state, event) if decider and state is not None else None
        except (UnknownMessage, MalformedMessage):
            return None
        return state

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


def fold_version(deciders: Iterable[Decider[Any]], catalog: Catalog) -> str:
    """What a ledger was folded with: another value, and it is folded anew.

    The events that were understood belong to it: of a stream with one that was not, the ledger holds no state.
    """
    folded = ",".join(f"{one.category}={one.version}" for one in sorted(deciders, key=lambda one: one.category))
    return f"{folded};reads={blake2b(repr(catalog.reading()).encode(), digest_size=8).hexdigest()}"


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
