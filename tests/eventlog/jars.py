"""Jars that things are poured into, as three versions of one program know them: what a rolling deploy is tried on.

first    jar.filled v1  {grams, label}        the unit is hidden in the rule, two things are said at once
second   jar.filled v2  {milligrams, label}   reads both, writes v2
third    jar.poured v1, jar.labelled v1       reads all, writes two events
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import msgspec

from contracts.catalog import Catalog
from contracts.evolution import Upcaster
from contracts.model import CommandBody, EventBody
from eventlog.errors import Refused
from eventlog.read.projection import Fact, Projection, View
from eventlog.write.decider import Decider
from eventlog.write.policy import Ask, Heard

TOPIC = "playhead.jar.events"


class Fill(CommandBody):
    """Pour in so much, and say what is in it now; 0 and "" say nothing."""

    TYPE: ClassVar[str] = "Fill"
    grams: int = 0
    label: str = ""


class FilledV1(EventBody):
    TYPE: ClassVar[str] = "jar.filled"
    grams: int
    label: str | None = None


class FilledV2(EventBody):
    TYPE: ClassVar[str] = "jar.filled"
    VERSION: ClassVar[int] = 2
    milligrams: int
    label: str | None = None


class Poured(EventBody):
    TYPE: ClassVar[str] = "jar.poured"
    milligrams: int


class Labelled(EventBody):
    TYPE: ClassVar[str] = "jar.labelled"
    label: str


def _to_milligrams(old: FilledV1) -> tuple[FilledV2]:
    return (FilledV2(milligrams=old.grams * 1000, label=old.label),)


def _in_two(old: FilledV2) -> tuple[EventBody, ...]:
    poured = [Poured(milligrams=old.milligrams)] if old.milligrams else []
    labelled = [Labelled(label=old.label)] if old.label is not None else []
    return (*poured, *labelled)


UNIT = Upcaster(FilledV1, _to_milligrams)
SPLIT = Upcaster(FilledV2, _in_two)


class Jar(msgspec.Struct, frozen=True, tag=True):
    """`milligrams` in every version but the first, which counts grams."""

    content: int = 0
    label: str = ""


def evolve(jar: Jar, event: Any) -> Jar:
    """Every version's fold: a fold knows the newest words alone, so each version has some of these cases."""
    match event:
        case FilledV1():
            return Jar(jar.content + event.grams, jar.label if event.label is None else event.label)
        case FilledV2():
            return Jar(jar.content + event.milligrams, jar.label if event.label is None else event.label)
        case Poured():
            return Jar(jar.content + event.milligrams, jar.label)
        case Labelled():
            return Jar(jar.content, event.label)
        case _:
            return jar


def shown(view: View, fact: Fact) -> View:
    """A jar as people see it: whoever reads it does not learn which version wrote it."""
    content = view[0]["milligrams"] if view else 0
    label = view[0]["label"] if view else ""
    match fact.body:
        case FilledV1() as body:
            content, label = content + body.grams * 1000, label if body.label is None else body.label
        case FilledV2() as body:
            content, label = content + body.milligrams, label if body.label is None else body.label
        case Poured() as body:
            content += body.milligrams
        case Labelled() as body:
            label = body.label
        case _:
            return view
    return ({"_id": fact.stream, "milligrams": content, "label": label, "version": fact.version},)


def full(heard: Heard) -> Sequence[Ask]:
    """Whatever is poured is told to the cook, once."""
    poured = isinstance(heard.body, FilledV1 | FilledV2 | Poured)
    return [Ask("told", "cook-1", Fill(grams=1))] if poured else []


@dataclass(frozen=True)
class Code:
    """One version of the program."""

    decider: Decider[Jar]
    catalog: Catalog

    @property
    def projection(self) -> Projection:
        return Projection("jars", 1, "jar", shown)


def _version(number: int, catalog: Catalog) -> Code:
    def decide(jar: Jar, command: Fill, _at: datetime) -> Sequence[EventBody]:
        label = command.label or None
        if command.grams < 0 or jar.content < 0:
            raise Refused("jar.empty")
        if not command.grams and not label:
            return []
        first = FilledV1(grams=command.grams, label=label)
        second = _to_milligrams(first)[0]
        return ((first,), (second,), _in_two(second))[number - 1]

    return Code(Decider("jar", number, Jar(), Jar, evolve, decide, (Fill,)), catalog)


FIRST = _version(1, Catalog([Fill], [FilledV1]))
SECOND = _version(2, Catalog([Fill], [FilledV2], [UNIT]))
THIRD = _version(3, Catalog([Fill], [Poured, Labelled], [UNIT, SPLIT]))
CODES = (FIRST, SECOND, THIRD)
