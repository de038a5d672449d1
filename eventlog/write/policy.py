"""Policies: an event in one stream asks for a command in another. Pure rules, and the protocol without I/O.

A policy may run twice on the same event, in two versions of the code at once, or years later: the id of what it asks
for is made of the event, the rule and the target, so the target has handled it already.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from contracts.catalog import Catalog, as_command
from contracts.envelope import Command, Commit, Refusal, event_id, refusal_id
from contracts.model import CommandBody, EventBody
from contracts.names import uuid5
from contracts.sealing import KeyDestroyed, Keys
from eventlog.commit import Position, Record, accept

_decode_commit = msgspec.json.Decoder(Commit).decode


@dataclass(frozen=True, slots=True)
class Heard:
    """One event or refusal, as a rule hears it. `body` is the event; `refusal` is set instead where there is none.

    `origin` says who sent the command: for one that a policy asked for, the stream of the event that it had heard.
    `subject` is the account stream whose data this is.
    """

    id: UUID
    stream: str
    version: int
    at: datetime
    tenant: str
    actor: str
    command_id: UUID
    command_type: str
    origin: str
    body: EventBody | None
    refusal: Refusal | None = None
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """A command that a rule wants sent. `rule` is frozen: it is part of the command's id."""

    rule: str
    stream: str
    body: CommandBody


Policy = Callable[[Heard], Iterable[Ask]]


def hear(commit: Commit, catalog: Catalog) -> list[Heard]:
    """The events of a commit, or its refusal. Raises `UnknownMessage` for an event that only newer code knows.

    What was split since it was written is heard in parts, all under the id of the stored event: what a rule asked for
    before the split it asks for under the same command id afterwards, whichever part it listens to.
    """
    before = commit.version - len(commit.events)
    heard = [
        _heard(commit, event_id(commit.command_id, n), before + n + 1, body=body)
        for n, recorded in enumerate(commit.events)
        for body in catalog.read_event(recorded.type, recorded.type_version, bytes(recorded.data))
    ]
    if commit.refusal is not None:
        heard.append(_heard(commit, refusal_id(commit.command_id), commit.version, refusal=commit.refusal))
    return heard


def _heard(commit: Commit, id_: UUID, version: int, **what: Any) -> Heard:
    return Heard(
        id=id_,
        stream=commit.stream,
        version=version,
        at=commit.at,
        tenant=commit.tenant,
        actor=commit.actor,
        command_id=commit.command_id,
        command_type=commit.command_type,
        origin=commit.origin,
        subject=commit.subject,
        **({"body": None} | what),
    )


class PolicyLane:
    """The policies of one partition of events."""

    def __init__(self, policies: Sequence[Policy], catalog: Catalog, position: Position, actor: str) -> None:
        self._policies = policies
        self._catalog = catalog
        self._actor = actor
        self.position = position
        self.accepted = 0
        self.ignored = 0

    @property
    def keys(self) -> Keys:
        """The keys that open what it hears."""
        return self._catalog.keys

    def see(self, record: Record) -> list[Command]:
        """Take the next record of the log; the commands to send before the position may be kept."""
        self.position, counts = accept(self.position, record)
        if not counts:
            self.ignored += 1
            return []
        self.accepted += 1
        commit = self._catalog.opened(_decode_commit(record.value))
        return [
            command
            for heard in hear(commit, self._catalog)
            for policy in self._policies
            for ask in policy(heard)
            if (command := _command(heard, ask, self._actor, self._catalog.keys, commit.trace)) is not None
        ]


def _command(heard: Heard, ask: Ask, actor: str, keys: Keys, trace: str) -> Command | None:
    """None where it would say something personal of whom was erased: nobody could take it."""
    try:
        return as_command(
            ask.body,
            id_=uuid5(uuid5(heard.id, ask.rule), ask.stream),
            stream=ask.stream,
            at=heard.at,
            tenant=heard.tenant,
            actor=actor,
            origin=heard.stream,
            subject=heard.subject,
            trace=trace,
            keys=keys,
        )
    except KeyDestroyed:
        return None
