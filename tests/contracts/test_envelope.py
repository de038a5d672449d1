"""The envelope has an end: no name in it is longer than programs make them, where it is made and where it is read."""

import msgspec
import pytest

from contracts.envelope import LONGEST_NAME, Command, Commit
from tests.bdd import NOON
from tests.eventlog.toys import add, command_id

NAMES = ("stream", "type", "tenant", "actor", "origin")
TOO_LONG = "x" * (LONGEST_NAME + 1)


def written(**changed: str) -> bytes:
    """A command as its sender might have written it, past every check."""
    return msgspec.json.encode(msgspec.json.decode(msgspec.json.encode(add("a"))) | changed)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_too_long_is_not_made_into_a_command(name: str) -> None:
    with pytest.raises(ValueError, match=f"{LONGEST_NAME} characters at most"):
        msgspec.structs.replace(add("a"), **{name: TOO_LONG})
    assert msgspec.structs.replace(add("a"), **{name: TOO_LONG[1:]})


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_too_long_is_not_read_as_a_command(name: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="characters at most"):
        msgspec.json.decode(written(**{name: TOO_LONG}), type=Command)
    assert msgspec.json.decode(written(**{name: TOO_LONG[1:]}), type=Command)


def test_what_stands_in_the_log_already_is_read_as_it_is() -> None:
    old = Commit(
        stream=TOO_LONG,
        version=0,
        command_id=command_id("a"),
        command_type=TOO_LONG,
        payload_hash="0" * 32,
        at=NOON,
        tenant=TOO_LONG,
        actor=TOO_LONG,
        origin=TOO_LONG,
    )
    assert msgspec.json.decode(msgspec.json.encode(old), type=Commit) == old
