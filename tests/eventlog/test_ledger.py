"""Both ledgers keep their promises; that on disk also those of surviving, and of being thrown away."""

from pathlib import Path

import pytest

from eventlog.errors import Conflict
from eventlog.write.ledger import Ledger, MemoryLedger, SqliteLedger, Stored
from tests.eventlog.ledger_promises import BEGINNING, HASH, LedgerPromises, at
from tests.eventlog.toys import command_id


class TestMemoryLedger(LedgerPromises):
    @pytest.fixture
    def ledger(self) -> Ledger:
        return MemoryLedger(BEGINNING)


class TestSqliteLedger(LedgerPromises):
    @pytest.fixture
    def ledger(self, tmp_path: Path) -> Ledger:
        return SqliteLedger(tmp_path / "deep" / "toy.sqlite", "toy=1", BEGINNING)

    def test_it_is_there_after_a_restart_and_no_longer_fresh(self, tmp_path: Path) -> None:
        first = SqliteLedger(tmp_path / "toy.sqlite", "toy=1", BEGINNING)
        first.save(BEGINNING, at(0), {"toy-1": Stored(1, "acme", b"1")}, {command_id("a"): HASH})
        first.close()
        second = SqliteLedger(tmp_path / "toy.sqlite", "toy=1", BEGINNING)
        assert not second.fresh
        assert second.position() == at(0)
        assert second.handled(command_id("a")) == HASH

    def test_another_fold_throws_it_away(self, tmp_path: Path) -> None:
        SqliteLedger(tmp_path / "toy.sqlite", "toy=1", BEGINNING).save(BEGINNING, at(0), {}, {})
        other = SqliteLedger(tmp_path / "toy.sqlite", "toy=2", BEGINNING)
        assert other.fresh
        assert other.position() == BEGINNING

    @pytest.mark.parametrize("content", [b"", b"not a database at all" * 100])
    def test_a_file_that_is_no_ledger_is_made_anew(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "toy.sqlite").write_bytes(content)
        ledger = SqliteLedger(tmp_path / "toy.sqlite", "toy=1", BEGINNING)
        assert ledger.fresh
        ledger.save(BEGINNING, at(0), {}, {})
        assert ledger.position() == at(0)

    def test_a_zombie_with_the_same_file_cannot_write_over_its_successor(self, tmp_path: Path) -> None:
        zombie = SqliteLedger(tmp_path / "toy.sqlite", "toy=1", BEGINNING)
        successor = SqliteLedger(tmp_path / "toy.sqlite", "toy=1", BEGINNING)
        successor.save(BEGINNING, at(0), {}, {})
        with pytest.raises(Conflict):
            zombie.save(BEGINNING, at(1), {}, {})
        assert successor.position() == at(0)
