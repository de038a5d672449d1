"""What every ledger promises; each adapter's tests inherit this suite."""

from abc import ABC, abstractmethod

import msgspec
import pytest

from eventlog.commit import Position, start
from eventlog.errors import Conflict
from eventlog.write.ledger import Ledger, Stored
from tests.eventlog.toys import TOPIC, command_id

BEGINNING = start(TOPIC, 0)
HASH = "ab" * 16


def at(offset: int) -> Position:
    return Position(bytes([offset]) * 16, offset, offset + 1, bytes([offset]) * 16, offset)


class LedgerPromises(ABC):
    """`ledger` was made just now, at the beginning of partition 0."""

    @pytest.fixture
    @abstractmethod
    def ledger(self) -> Ledger: ...

    def test_a_new_ledger_is_fresh_and_knows_nothing(self, ledger: Ledger) -> None:
        assert ledger.fresh
        assert ledger.position() == BEGINNING
        assert ledger.stream("toy-1") is None
        assert ledger.handled(command_id("a")) is None

    def test_what_is_saved_is_there(self, ledger: Ledger) -> None:
        stored = Stored(3, "acme", b"\x00state")
        ledger.save(BEGINNING, at(0), {"toy-1": stored}, {command_id("a"): HASH})
        assert ledger.position() == at(0)
        assert ledger.stream("toy-1") == stored
        assert ledger.handled(command_id("a")) == HASH

    def test_a_later_state_replaces_the_earlier_and_handled_ids_stay(self, ledger: Ledger) -> None:
        ledger.save(BEGINNING, at(0), {"toy-1": Stored(1, "acme", b"1")}, {command_id("a"): HASH})
        ledger.save(at(0), at(1), {"toy-1": Stored(2, "acme", None)}, {command_id("b"): HASH})
        assert ledger.stream("toy-1") == Stored(2, "acme", None)
        assert ledger.handled(command_id("a")) == ledger.handled(command_id("b")) == HASH

    def test_saving_on_another_position_changes_nothing(self, ledger: Ledger) -> None:
        ledger.save(BEGINNING, at(0), {}, {})
        with pytest.raises(Conflict):
            ledger.save(BEGINNING, at(1), {"toy-1": Stored(1, "", b"")}, {command_id("a"): HASH})
        assert ledger.position() == at(0)
        assert ledger.stream("toy-1") is None
        assert ledger.handled(command_id("a")) is None

    @pytest.mark.parametrize("field", Position.__struct_fields__)
    def test_every_part_of_the_position_guards(self, ledger: Ledger, field: str) -> None:
        other = {"head": b"x" * 16, "last_id": b"x" * 16}.get(field, 77)
        with pytest.raises(Conflict):
            ledger.save(msgspec.structs.replace(BEGINNING, **{field: other}), at(0), {}, {})
