"""Every mutant has a killer that exists and was made for it, and no killer is missing from the table."""

import re
from collections.abc import Iterator
from importlib import import_module

import pytest

from ops.settings import PROJECT
from tests.mutants.table import KILLERS

MUTANTS = 15


def marks_of(killer: str) -> list[pytest.Mark]:
    """What a test, or one case of it, is marked with; none where there is no such test."""
    path, _, rest = killer.partition("::")
    name, _, case = rest.partition("[")
    function = getattr(import_module(path.removesuffix(".py").replace("/", ".")), name, None)
    marks: list[pytest.Mark] = [*getattr(function, "pytestmark", ())]
    return [*cases(marks, case.removesuffix("]"))] if case else marks


def cases(marks: list[pytest.Mark], case: str) -> Iterator[pytest.Mark]:
    for parameters in (mark for mark in marks if mark.name == "parametrize"):
        for one in parameters.args[1]:
            if getattr(one, "id", None) == case:
                yield from (getattr(mark, "mark", mark) for mark in one.marks)


@pytest.mark.parametrize("mutant", KILLERS)
def test_the_killer_of_each_mutant_is_a_test_that_is_marked_with_its_name(mutant: str) -> None:
    named = [mark.args for mark in marks_of(KILLERS[mutant]) if mark.name == "mutant"]
    assert (mutant,) in named, f"{KILLERS[mutant]} is no test that is marked with mutant({mutant!r}): name its killer"


def test_the_table_is_whole_and_no_mark_is_missing_from_it() -> None:
    marked = [
        path.relative_to(PROJECT).as_posix()
        for path in (PROJECT / "tests").rglob("test_*.py")
        for _ in re.findall(r'mark\.mutant\("', path.read_text())
    ]
    assert len(KILLERS) == MUTANTS
    assert sorted(marked) == sorted(killer.partition("::")[0] for killer in KILLERS.values())
