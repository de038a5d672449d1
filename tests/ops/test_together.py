"""Who shares a system or a company of services stays on one worker: a second one would cost more than all its tests."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from ops.settings import PROJECT
from tests.together import GROUPS, Shared, group, rank

FILES = [file.relative_to(PROJECT).as_posix() for file in sorted((PROJECT / "tests").rglob("test_*.py"))]


def test_every_group_has_tests() -> None:
    for paths in GROUPS:
        for path in paths:
            assert any(file.startswith(path) for file in FILES), path


def test_who_shares_the_company_of_services_is_in_one_group() -> None:
    live = [file for file in FILES if file.startswith("tests/live/")]
    sharing = [file for file in live if "here: Company" in (PROJECT / file).read_text("utf-8")]
    assert len(sharing) > 1
    assert len({group(f"{file}::test") for file in sharing}) == 1


def test_the_tests_of_a_file_stay_together_and_what_takes_long_begins() -> None:
    assert group("tests/live/test_cache.py::test_a[1]") == group("tests/live/test_cache.py::Promises::test_b")
    assert group("tests/live/test_cache.py::test_a") != group("tests/live/test_audit.py::test_a")
    assert group("tests/chaos/test_kills.py::test_a") == group("tests/chaos/test_away.py::test_a")
    assert rank("tests/chaos/test_kills.py::test_a") < rank("tests/live/seeds/test_001_editor.py::test_a")
    assert rank("tests/live/seeds/test_001_editor.py::test_a") < rank("tests/live/test_cache.py::test_a")


def test_what_needs_the_stack_is_where_make_test_looks() -> None:
    folders = re.search(r"^ON_THE_STACK = (.*)$", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert folders
    marked = [file for file in FILES if re.search(r"mark\.(live|chaos|browser)\b", (PROJECT / file).read_text("utf-8"))]
    assert len(marked) > 50
    assert [file for file in marked if not file.startswith(tuple(f"{one}/" for one in folders[1].split()))] == []


async def test_what_a_group_shares_is_made_once_and_gone_with_the_last_of_the_group() -> None:
    told: list[str] = []

    @asynccontextmanager
    async def one(name: str) -> AsyncGenerator[str]:
        told.append(f"{name} begins")
        yield name
        told.append(f"{name} ends")

    shared = Shared()
    for test, following in (
        ("tests/chaos/test_away.py::test_a", "tests/chaos/test_kills.py::test_a"),
        ("tests/chaos/test_kills.py::test_a", "tests/live/test_cache.py::test_a"),
        ("tests/live/test_cache.py::test_a", None),
    ):
        await shared.get("system", lambda: one("system"))
        await shared.get("client", lambda: one("client"))
        shared.between(test, following)
        await shared.end()

    group_of_two = ["system begins", "client begins", "client ends", "system ends"]
    assert told == group_of_two * 2
