"""The table of requirements tells the truth about the tests that stand for them."""

import json
from pathlib import Path

import pytest

from ops.commands import requirements
from ops.commands.requirements import ASKED, told

PAGE = "| no. | from | what |\n|---|---|---|\n| 1 | 000 | a session |\n| 2 | 000, 004 | a guide |\n"


def test_the_page_lists_every_number_once() -> None:
    found = told(ASKED.read_text("utf-8"), {})
    assert [one.number for one in found] == list(range(1, 88))
    assert not any(one.met for one in found)


def test_a_requirement_is_met_when_all_its_tests_passed() -> None:
    seen = {
        "a": {"requirements": [1], "passed": True},
        "b": {"requirements": [1, 2], "passed": True},
        "c": {"requirements": [2], "passed": False},
    }
    first, second = told(PAGE, seen)
    assert (first.met, list(first.passed)) == (True, ["a", "b"])
    assert (second.met, list(second.tests), list(second.passed)) == (False, ["b", "c"], ["b"])


def test_without_a_run_the_command_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(requirements, "SEEN", tmp_path / "none.json")
    assert requirements.requirements() == 1
    assert "run `make test` first" in capsys.readouterr().out


def test_one_that_is_not_met_is_told_and_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = tmp_path / "seen.json"
    seen.write_text(json.dumps({"a": {"requirements": [1], "passed": True}}))
    monkeypatch.setattr(requirements, "SEEN", seen)
    assert requirements.requirements() == 1
    assert "1 of 87 requirements met" in capsys.readouterr().out
