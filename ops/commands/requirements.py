"""`playhead requirements`: what was asked for, the tests that drive it, and whether they passed."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from ops.commands.options import Json

FINE, WRONG = 0, 1
PROJECT = Path(__file__).parents[2]
ASKED = PROJECT / "docs" / "requirements.md"
SEEN = PROJECT / ".playhead" / "requirements.json"
_ROW = re.compile(r"\| (\d+) \| ([^|]+) \| ([^|]+) \|")


class Requirement(NamedTuple):
    """One wish, with the tests that name its number and those among them that passed."""

    number: int
    source: str
    text: str
    tests: Sequence[str]
    passed: Sequence[str]

    @property
    def met(self) -> bool:
        """It has tests, and all of them passed."""
        return bool(self.tests) and len(self.passed) == len(self.tests)


def requirements(*, as_json: Json = False) -> int:
    """Print every requirement with its tests, as `make test` saw them last. Exit 1 where one is not met."""
    if not SEEN.exists():
        print("no test run was recorded here: run `make test` first")
        return WRONG
    found = told(ASKED.read_text("utf-8"), json.loads(SEEN.read_text("utf-8")))
    met = sum(one.met for one in found)
    if as_json:
        for one in found:
            print(json.dumps(one._asdict() | {"met": one.met}))
    else:
        _show(found)
        print(f"{met} of {len(found)} requirements met")
    return FINE if met == len(found) else WRONG


def told(asked: str, seen: Mapping[str, Mapping[str, object]]) -> list[Requirement]:
    """The rows of the page `asked`, with what a test run saw: test to its numbers and whether it passed."""
    rows = [(int(number), source, text) for number, source, text in _ROW.findall(asked)]
    return [Requirement(*row, *_tests(row[0], seen)) for row in rows]


def _tests(number: int, seen: Mapping[str, Mapping[str, object]]) -> tuple[list[str], list[str]]:
    mine = {name: one for name, one in seen.items() if number in _numbers(one)}
    return sorted(mine), sorted(name for name, one in mine.items() if one["passed"] is True)


def _numbers(one: Mapping[str, object]) -> Sequence[object]:
    numbers = one["requirements"]
    return numbers if isinstance(numbers, list) else ()


def _show(found: Sequence[Requirement]) -> None:
    table = Table("no.", "from", "what", "tests", "passed", "met")
    for one in found:
        style = None if one.met else "red"
        row = (str(one.number), one.source, one.text, str(len(one.tests)), str(len(one.passed)))
        table.add_row(*row, "yes" if one.met else "NO", style=style)
    Console().print(table)
