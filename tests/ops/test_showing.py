"""A stream as it was, for an operator: its state and documents by its own fold, its personal text hidden."""

import json
from datetime import timedelta

import pytest

from contracts.envelope import Commit
from contracts.messages.session import DeleteSession
from eventlog.memory import MemoryEventLog
from ops.__main__ import USAGE, run
from ops.commands.showing import as_it_was, commits_of, told_of
from ops.redacting import personal_names, redacted, redacted_at
from tests.bdd import NOON
from tests.flows.world import ACCOUNT_STREAM, JOB_STREAM, SESSION_STREAM, World
from tests.session.words import PROMPT, start


@pytest.fixture
def world() -> World:
    """A session that was begun a second after noon's account, and deleted a second later."""
    world = World()
    world.send(start(), DeleteSession())
    return world


async def commits(world: World, stream: str) -> list[Commit]:
    service = world.render if stream == JOB_STREAM else world.session
    log = MemoryEventLog(service.topic, 1)
    log.partitions[0] = service.log
    return [service.catalog.opened(commit) for commit in await commits_of(log, 0, stream)]


@pytest.mark.parametrize("stream", [SESSION_STREAM, ACCOUNT_STREAM, JOB_STREAM])
async def test_a_stream_as_it_is_now_has_the_documents_that_the_projector_keeps(world: World, stream: str) -> None:
    await world.read()
    shown = as_it_was(stream, await commits(world, stream), None, None)
    assert shown.wholly
    assert shown.documents
    for name, view in shown.documents.items():
        kept = {**world.documents.store.views, **world.jobs.store.views}[name]
        assert view == kept.get(stream, ())


async def test_a_stream_as_of_a_version_has_exactly_the_events_up_to_it(world: World) -> None:
    found = await commits(world, SESSION_STREAM)
    whole = as_it_was(SESSION_STREAM, found, None, None)
    for version in range(1, len(whole.facts) + 1):
        shown = as_it_was(SESSION_STREAM, found, version, None)
        assert [fact.version for fact in shown.facts] == list(range(1, version + 1))
        assert shown.wholly == (version == len(whole.facts))
    first = as_it_was(SESSION_STREAM, found, 1, None)
    assert first.documents["sessions"][0]["version"] == 1
    assert first.state != whole.state


async def test_a_stream_as_of_a_time_stops_before_what_was_asked_for_later(world: World) -> None:
    found = await commits(world, SESSION_STREAM)
    before = as_it_was(SESSION_STREAM, found, None, NOON + timedelta(seconds=1))
    assert before.facts
    assert "session.deleted" not in [fact.body.TYPE for fact in before.facts]
    assert not before.wholly
    assert as_it_was(SESSION_STREAM, found, None, NOON - timedelta(seconds=1)).facts == []


@pytest.mark.parametrize("stream", [SESSION_STREAM, ACCOUNT_STREAM, JOB_STREAM])
async def test_personal_text_shows_only_where_it_is_asked_for(world: World, stream: str) -> None:
    shown = as_it_was(stream, await commits(world, stream), None, None)
    open_, hidden = (json.dumps(told_of(stream, shown, personal=each)) for each in (True, False))
    assert (PROMPT in open_) == (stream != ACCOUNT_STREAM)
    assert PROMPT not in hidden
    assert "characters)" in hidden or stream == ACCOUNT_STREAM
    assert [fact.body.TYPE in hidden for fact in shown.facts] == [True] * len(shown.facts)


def test_a_personal_text_is_hidden_under_any_name_and_prose_everywhere() -> None:
    shown = redacted({"prompt": "Ada", "topic": "for Ada", "status": "queued", "n": 3}, frozenset({"Ada"}))
    assert shown == {"prompt": "… (3 characters)", "topic": "… (7 characters)", "status": "queued", "n": 3}
    assert redacted(["one two three", "one-two-three"]) == ["… (13 characters)", "one-two-three"]
    assert redacted_at("pages[2].narration", "Hi") == "… (2 characters)"
    assert redacted_at("status", "queued") == "queued"


def test_names_that_any_contract_marks_are_known_as_json_and_as_sql_write_them() -> None:
    assert {
        "prompt",
        "script",
        "refinedPrompt",
        "refined_prompt",
        "bullets",
        "address",
        "narration",
    } <= personal_names()
    assert not {"status", "tenant", "version", "stream", "sha256"} & personal_names()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("log show nothing-1", "begins with one of"),
        ("log show session-1 --version 2 --at 2026-11-21T12:00:00Z", "two moments"),
        ("log show session-1 --version 0", "counts events from 1"),
        ("log show session-1 --at yesterday", "is no time such as"),
        ("replay", "give one of"),
        ("replay --dry-run --into x", "give one of"),
        ("replay --into Pretty-Name", "is no name"),
        ("replay --dry-run --projector nobody", "there are session.mongo-projector"),
        ("replay --dry-run --stream nothing", "begins with one of"),
        ("replay --dry-run --since noon", "is no time such as"),
        ("replay --dry-run --projector render.mongo-projector --stream session-1", "does not hear"),
        ("archive", "PLAYHEAD_ARCHIVE_URL"),
        ("archive --to x --verify --restore", "stands alone"),
        ("archive --to x --until 2026-11-21T12:00:00Z", "goes with --restore"),
    ],
)
def test_what_is_asked_wrongly_is_told_in_words(
    line: str, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLAYHEAD_ARCHIVE_URL", raising=False)
    assert run(line.split()) == USAGE
    assert said in capsys.readouterr().out
