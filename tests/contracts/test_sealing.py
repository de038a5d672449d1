"""Personal text stands under its subject's key: with it everything is read as it was written, without it as empty."""

from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

import contracts
from contracts.catalog import as_command
from contracts.envelope import Commit, Recorded, stream_id
from contracts.messages import CATALOG
from contracts.messages.session import SessionStarted, StartSession
from contracts.model import EventBody
from contracts.sealing import KeyDestroyed, Keys, NoKeys, places, sealed
from eventlog.errors import Unavailable
from eventlog.keys.memory import MemoryKeyStore
from eventlog.keys.opening import NotConfigured
from eventlog.keys.ring import KeyRing
from tests.bdd import NOON

STREAM = "session-7b0c9c1e-59a1-5c55-9d5c-0f6d5a7f4f11"
ADA = stream_id("account", "acme", "ada")
OLD = [upcaster.old for upcaster in CATALOG.upcasters.values()]
EVENTS = [event for event in (*CATALOG.events.values(), *OLD) if places(event) is not None]
COMMANDS = [command for command in CATALOG.commands.values() if places(command) is not None]


GOLDEN = Path(contracts.__file__).parent / "golden"


def sample(event: type[EventBody]) -> EventBody:
    """The good example of it that is published."""
    return event.model_validate_json((GOLDEN / f"{event.TYPE}.v{event.VERSION}.json").read_bytes())


def ring(*subjects: str) -> KeyRing:
    made = KeyRing(MemoryKeyStore())
    for subject in subjects:
        made.to_seal(subject)
    return made


def a_commit(event: EventBody, keys: Keys, stream: str = STREAM, subject: str = ADA) -> Commit:
    data = sealed(event, event.TYPE, stream, subject, keys)
    recorded = Recorded(type=event.TYPE, type_version=event.VERSION, data=data)
    return Commit(
        stream=stream,
        version=1,
        command_id=UUID(int=1),
        command_type="Some",
        payload_hash="",
        at=NOON,
        tenant="acme",
        actor="tests",
        subject=subject,
        events=(recorded,),
    )


def read(commit: Commit, keys: Any) -> Any:
    return msgspec.json.decode(CATALOG.under(keys).opened(commit).events[0].data)


def texts(value: Any) -> set[str]:
    """Every text in it that is long enough to be found again."""
    if isinstance(value, dict):
        return set[str]().union(*map(texts, value.values()))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType] - JSON
    if isinstance(value, list):
        return set[str]().union(*map(texts, value))  # pyright: ignore[reportUnknownArgumentType] - JSON
    return {value} if isinstance(value, str) else set()


def plain(body: BaseModel) -> Any:
    return msgspec.json.decode(body.__pydantic_serializer__.to_json(body, by_alias=True))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: f"{event.TYPE}.v{event.VERSION}")
def test_an_event_is_read_as_it_was_written_and_says_nothing_without_its_key(event: type[EventBody]) -> None:
    keys, body = ring(ADA), sample(event)
    commit = a_commit(body, keys)
    assert read(commit, keys) == plain(body)
    without = read(commit, NoKeys())
    hidden = texts(plain(body)) - texts(without)
    assert hidden or event.TYPE == "project.timeline_saved", "the example of that one has no layers"
    assert hidden.isdisjoint(texts(msgspec.json.decode(commit.events[0].data)))
    assert CATALOG.read_event(event.TYPE, event.VERSION, msgspec.json.encode(without))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: f"{event.TYPE}.v{event.VERSION}")
def test_every_text_that_no_rule_needs_is_sealed(event: type[EventBody]) -> None:
    """Whoever adds a field of free text marks it as personal, or says here why it is none."""
    keys = ring(ADA)
    shown = texts(read(a_commit(sample(event), keys), NoKeys()))
    personal = {"Ada", "ada@example.org", "The tides", "Twice a day", "The moon calls", "The stage did not end."}
    assert not {text for text in shown if any(word in text for word in personal)}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.TYPE)
def test_a_command_keeps_nothing_readable(command: type[BaseModel]) -> None:
    start = StartSession(
        session_id=UUID(int=1),
        account_id=UUID(int=2),
        job_id=UUID(int=3),
        prompt="canary-prompt",
        metadata={"canary-name": ["canary-value"]},
    )
    data = bytes(sealed(start, start.TYPE, STREAM, ADA, ring(ADA)))
    assert b"canary" not in data
    assert places(command) is not None


def started(prompt: str, metadata: dict[str, Any]) -> SessionStarted:
    fields = plain(sample(SessionStarted))
    return SessionStarted.model_validate(fields | {"prompt": prompt, "metadata": metadata})


@given(
    st.text(),
    st.dictionaries(
        st.text(), st.recursive(st.text() | st.integers(-9, 9) | st.none(), st.lists, max_leaves=6), max_size=6
    ),
)
def test_whatever_is_said_comes_back(prompt: str, metadata: dict[str, Any]) -> None:
    keys = ring(ADA)
    body = started(prompt, metadata)
    commit = a_commit(body, keys)
    assert read(commit, keys) == plain(body)
    assert a_commit(body, keys) == commit


def test_what_was_moved_elsewhere_is_empty_and_counted() -> None:
    told: list[str] = []
    keys = KeyRing(MemoryKeyStore(), lambda: told.append("a field"))
    commit = a_commit(started("one", {}), keys)
    moved = msgspec.structs.replace(commit, stream=STREAM.replace("7b0c", "7b0d"))
    assert read(moved, keys)["prompt"] == ""
    data = msgspec.json.decode(commit.events[0].data)
    exchanged = data | {"prompt": data["title"], "title": data["prompt"]}
    event = msgspec.structs.replace(commit.events[0], data=msgspec.Raw(msgspec.json.encode(exchanged)))
    assert read(msgspec.structs.replace(commit, events=(event,)), keys)["prompt"] == ""
    assert len(told) > 2


def test_another_subjects_key_opens_nothing() -> None:
    keys = ring(ADA)
    told: list[str] = []
    other = KeyRing(MemoryKeyStore(), lambda: told.append("a field"))
    other.to_seal(ADA)
    assert read(a_commit(started("one", {}), keys), other)["prompt"] == ""
    assert told


def test_a_destroyed_key_leaves_empty_fields_and_comes_back_never() -> None:
    store = MemoryKeyStore()
    keys = KeyRing(store)
    commit = a_commit(started("one", {"a": 1}), keys)
    store.destroy(ADA)
    assert read(commit, keys)["prompt"] == "one"
    keys.look()
    assert (read(commit, keys)["prompt"], read(commit, keys)["metadata"]) == ("", {})
    with pytest.raises(KeyDestroyed):
        a_commit(started("two", {}), keys)
    with pytest.raises(KeyDestroyed):
        a_commit(started("two", {}), KeyRing(store))


def test_a_store_that_never_heard_of_the_subject_is_the_wrong_one() -> None:
    commit = a_commit(started("one", {}), ring(ADA))
    with pytest.raises(Unavailable, match="is it the store that this log was written with"):
        read(commit, KeyRing(MemoryKeyStore()))


def test_a_command_of_whom_was_erased_cannot_be_taken() -> None:
    store = MemoryKeyStore()
    keys = KeyRing(store)
    start = StartSession(session_id=UUID(int=1), account_id=UUID(int=2), job_id=UUID(int=3), prompt="one")
    command = as_command(
        start,
        id_=UUID(int=1),
        stream=STREAM,
        at=NOON,
        tenant="acme",
        actor="tests",
        subject=ADA,
        keys=keys,
    )
    assert msgspec.json.decode(CATALOG.under(keys).opened_command(command))["prompt"] == "one"
    store.destroy(ADA)
    with pytest.raises(KeyDestroyed):
        CATALOG.under(KeyRing(store)).opened_command(command)


def test_what_was_written_before_there_were_keys_is_read_as_it_is() -> None:
    commit = a_commit(started("enc:v1: is how my prompt begins", {}), KeyRing(MemoryKeyStore()), subject="")
    assert read(commit, NoKeys())["prompt"] == "enc:v1: is how my prompt begins"
    as_if = msgspec.structs.replace(commit, subject=ADA)
    assert read(as_if, ring(ADA))["prompt"] == "enc:v1: is how my prompt begins"


def test_where_nothing_is_sealed_a_text_that_looks_sealed_is_somebody_s_own_words() -> None:
    """Whoever types a mark of ours into a prompt stops nobody."""
    words = f"enc:v1:{UUID(int=7)}:aGVsbG8="
    body = sample(SessionStarted).model_copy(update={"prompt": words})
    commit = a_commit(body, NotConfigured(), subject="")
    assert read(commit, NotConfigured())["prompt"] == words
    assert read(a_commit(body, keys := ring(ADA)), keys)["prompt"] == words
