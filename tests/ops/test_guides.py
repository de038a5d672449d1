"""What the guides tell a person to type or to set is understood, and says what they say it does."""

import re
from contextlib import suppress
from pathlib import Path

import pytest
from cyclopts import MissingArgumentError

from ops.__main__ import AWAY, run
from ops.__main__ import commands as verbs
from ops.settings import PROJECT
from tests.ops.test_env_example import LINES

DOCS = PROJECT / "docs"
COMMAND = re.compile(r"`playhead ([^`]+)`|^    \S+ \S+ \* \* \*  playhead (.+?) >>", re.MULTILINE)
"""In backticks, or as the line of a timer."""
SETTING = re.compile(r"`((?:PLAYHEAD|KAFKA|MONGODB|DATABASE|REDIS|DIRECT)_[A-Z_]+)")
PARTS = ("KAFKA_BOOTSTRAP_SERVERS", "MONGODB_URI", "DATABASE_URL", "DIRECT_URL", "PLAYHEAD_PROFILE")


def commands(page: Path) -> list[str]:
    """What the page says to type, without the first word and with a folder's name where the shell would put one."""
    found = COMMAND.findall(page.read_text("utf-8"))
    return [re.sub(r"\S*\$\([^)]*\)", "FOLDER", ticked or timed) for ticked, timed in found]


def test_every_command_of_the_page_about_changing_an_event_is_there() -> None:
    named = commands(DOCS / "evolution.md")
    assert {"log versions", "parked redrive --all", "contracts write", "contracts check", "verify"} <= set(named)
    for one in named:
        verbs().parse_args(one.split(), exit_on_error=False, print_error=False)


@pytest.mark.parametrize(
    ("page", "least"),
    [
        pytest.param(
            "troubleshooting.md",
            {"status", "migrate status", "migrate resolve", "verify", "maintenance validate", "maintenance benchmark"},
            marks=pytest.mark.req(81),
        ),
        pytest.param("editor.md", {"verify", "migrate"}, marks=pytest.mark.req(36)),
        pytest.param(
            "operate.md",
            {"backup FOLDER", "backup FOLDER --json", "restore FOLDER", "verify", "maintenance benchmark"},
            marks=pytest.mark.req(37, 46, 79),
        ),
    ],
)
def test_every_command_and_setting_of_a_guide_is_there(page: str, least: set[str]) -> None:
    named = commands(DOCS / page)
    assert {start for start in least if any(one.startswith(start) for one in named)} == least
    for one in named:
        with suppress(MissingArgumentError):  # a page may name a command without saying how it is called
            verbs().parse_args(one.split(), exit_on_error=False, print_error=False)
    settings = set(SETTING.findall((DOCS / page).read_text("utf-8")))
    assert settings
    assert settings <= {name for _, name, _ in LINES}


@pytest.mark.req(81)
@pytest.mark.parametrize("command", ["migrate --dry-run", "migrate status", "verify", "maintenance validate"])
def test_a_command_that_finds_no_stack_ends_as_the_guide_says_and_names_the_way_out(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for part in PARTS:
        monkeypatch.delenv(part, raising=False)
    monkeypatch.setenv("PLAYHEAD_DATA", str(tmp_path))
    assert run(command.split()) == AWAY
    said = capsys.readouterr().err
    assert "`playhead up`" in said
    (row,) = [row for row in (DOCS / "troubleshooting.md").read_text("utf-8").splitlines() if "nothing runs" in row]
    code, words = re.findall(r"exit code (\d), \"([^\"]+)\"", row)[0]
    assert (int(code), words in said) == (AWAY, True)
