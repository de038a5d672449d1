"""Streams to which random commands happened, for rules that hold in every history."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from hypothesis.strategies import SearchStrategy, fixed_dictionaries

from contracts.catalog import Catalog, as_command
from contracts.envelope import Command
from contracts.model import CommandBody, EventBody
from eventlog.commit import Link, Record, start
from eventlog.errors import Refused
from eventlog.read.projection import Fact, Projection, View
from eventlog.write.decider import Decider
from eventlog.write.lane import Lane
from eventlog.write.ledger import MemoryLedger
from tests.bdd import NOON
from tests.session.words import an_id

TENANT = "demo"
Made = TypeVar("Made")


class Step(NamedTuple):
    """A command, the states around it, and what happened; `refused` is the code where the rules said no."""

    before: Any
    command: CommandBody
    events: list[EventBody]
    refused: str
    after: Any


def played(decider: Decider[Any], commands: Iterable[CommandBody]) -> list[Step]:
    """The history of a stream. Whatever `decide` or `evolve` raises but `Refused` goes on to the test."""
    steps: list[Step] = []
    state = decider.initial
    for command in commands:
        before = state
        try:
            events, refused = list(decider.decide(state, command, NOON)), ""
        except Refused as why:
            events, refused = [], why.code
        for event in events:
            state = decider.evolve(state, event)
        steps.append(Step(before, command, events, refused, state))
    return steps


def decided(decider: Decider[Any], state: Any, command: CommandBody) -> str:
    """What the command comes to in this state: `happened`, `nothing`, or the code of its refusal."""
    try:
        return "happened" if decider.decide(state, command, NOON) else "nothing"
    except Refused as refused:
        return refused.code


def events_of(steps: Sequence[Step]) -> list[EventBody]:
    """All that happened, in order."""
    return [event for step in steps for event in step.events]


def links(decider: Decider[Any], catalog: Catalog, commands: Sequence[CommandBody], *, forgetful: bool) -> list[Link]:
    """What a lane appends. A forgetful one has nothing but its ledger's bytes to go on from, after each command."""
    ledger = MemoryLedger(start("histories", 0))
    lane = Lane([decider], catalog, ledger, lambda _: True)
    appended: list[Link] = []
    for number, body in enumerate(commands):
        if forgetful:
            lane.save()
            lane = Lane([decider], catalog, ledger, lambda _: True)
        proposed = lane.propose(_command(decider.category, number, body))
        assert proposed is not None
        lane.see(Record(number, *proposed))
        appended.append(proposed)
    return appended


def folded(projection: Projection, events: Sequence[EventBody]) -> View:
    """What the projection keeps of the stream."""
    view: View = ()
    for number, event in enumerate(events, 1):
        fact = Fact(
            stream=f"{projection.category}-1",
            version=number,
            at=NOON,
            tenant=TENANT,
            actor="tests",
            command_id=an_id("command"),
            place=number - 1,
            body=event,
        )
        view = projection.fold(view, fact)
    return view


def _command(category: str, number: int, body: CommandBody) -> Command:
    return as_command(
        body,
        id_=an_id(number),
        stream=f"{category}-1",
        at=NOON,
        tenant=TENANT,
        actor="tests",
    )


def some_of(make: Callable[..., Made], **fields: SearchStrategy[Any]) -> SearchStrategy[Made]:
    """What `make` gives for fields by their names: by itself hypothesis would give them by their aliases as well."""
    return fixed_dictionaries(fields).map(lambda given: make(**given))
