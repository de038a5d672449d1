"""Both ledgers keep their promises; that on disk also those of surviving, and of being thrown away."""

import sqlite3
from pathlib import Path

import pytest

from eventlog.errors import Conflict, Unavailable
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

    def test_nothing_that_was_forgotten_is_left_in_its_files(self, tmp_path: Path) -> None:
        ledger = SqliteLedger(tmp_path / "toy.sqlite", "toy=1", BEGINNING)
        word = b"canary"
        for number in range(20):
            states = {f"toy-{number}": Stored(1, "acme", word * 2_000), "toy-other": Stored(number, "acme", b"kept")}
            ledger.save(at(number - 1) if number else BEGINNING, at(number), states, {command_id(str(number)): HASH})
        assert any(word in file.read_bytes() for file in tmp_path.iterdir())
        gone = {f"toy-{number}": Stored(2, "acme", b"gone") for number in range(20)}
        ledger.save(at(19), at(20), gone, {command_id("gone"): HASH}, forget=True)
        assert not [file for file in tmp_path.iterdir() if word in file.read_bytes()]
        assert ledger.stream("toy-other") == Stored(19, "acme", b"kept")
        assert ledger.handled(command_id("7")) == HASH

    def test_another_fold_throws_it_away(self, tmp_path: Path) -> None:
        SqliteLedger(tmp_path / "toy.sqlite", "toy=1", BEGINNING).save(BEGINNING, at(0), {}, {})
        other = SqliteLedger(tmp_path / "toy.sqlite", "toy=2", BEGINNING)
        assert other.fresh
        assert other.position() == BEGINNING

    def test_a_start_of_the_machine_throws_it_away_because_it_is_not_flushed(self, tmp_path: Path) -> None:
        SqliteLedger(tmp_path / "toy.sqlite", "toy=1", BEGINNING, boot="first").save(BEGINNING, at(0), {}, {})
        assert SqliteLedger(tmp_path / "toy.sqlite", "toy=1", BEGINNING, boot="first").position() == at(0)
        assert SqliteLedger(tmp_path / "toy.sqlite", "toy=1", BEGINNING, boot="second").fresh

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

    def test_a_file_that_another_process_holds_is_left_to_it(self, tmp_path: Path) -> None:
        """It may have been frozen in the middle of a save; what it holds would be thrown away under it."""
        mine = SqliteLedger(tmp_path / "toy.sqlite", "toy=1", BEGINNING)
        holder = sqlite3.connect(tmp_path / "toy.sqlite", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match=r"toy\.sqlite: database is locked"):
            mine.save(BEGINNING, at(0), {}, {})
        with pytest.raises(Unavailable, match=r"toy\.sqlite: database is locked"):
            SqliteLedger(tmp_path / "toy.sqlite", "toy=1", BEGINNING)
        holder.execute("ROLLBACK")
        assert not SqliteLedger(tmp_path / "toy.sqlite", "toy=1", BEGINNING).fresh
        assert mine.position() == BEGINNING

    def test_recalling_changes_no_answer_before_or_after_a_save(self, tmp_path: Path) -> None:
        stored, later = Stored(1, "acme", b"1"), Stored(2, "acme", b"2")
        ledger = SqliteLedger(tmp_path / "toy.sqlite", "toy=1", BEGINNING)
        ledger.save(BEGINNING, at(0), {"toy-1": stored}, {command_id("a"): HASH})
        ledger.recall(["toy-1", "toy-2"], [command_id("a"), command_id("b")])
        assert (ledger.stream("toy-1"), ledger.stream("toy-2")) == (stored, None)
        assert (ledger.handled(command_id("a")), ledger.handled(command_id("b"))) == (HASH, None)
        ledger.save(at(0), at(1), {"toy-1": later, "toy-2": stored}, {command_id("b"): HASH})
        assert (ledger.stream("toy-1"), ledger.stream("toy-2")) == (later, stored)
        assert ledger.handled(command_id("b")) == HASH

    def test_many_are_recalled_at_once(self, tmp_path: Path) -> None:
        ledger = SqliteLedger(tmp_path / "toy.sqlite", "toy=1", BEGINNING)
        streams = {f"toy-{n}": Stored(n, "acme", b"%d" % n) for n in range(1_300)}
        commands = {command_id(n): HASH for n in range(1_300)}
        ledger.save(BEGINNING, at(0), streams, commands)
        ledger.recall(list(streams), list(commands))
        assert {name: ledger.stream(name) for name in streams} == streams
        assert {ledger.handled(one) for one in commands} == {HASH}

    @pytest.mark.parametrize("size", [1, 700])
    def test_what_many_saves_left_is_there_after_a_restart(self, tmp_path: Path, size: int) -> None:
        ledger = SqliteLedger(tmp_path / "toy.sqlite", "toy=1", BEGINNING)
        for n in range(7):
            ids = {command_id(f"{n}-{one}"): HASH for one in range(size)}
            streams = {"toy-1": Stored(n, "acme", b"%d" % n), f"toy-{n}-alone": Stored(n, "acme", None)}
            ledger.save(at(n - 1) if n else BEGINNING, at(n), streams, ids)
            again = SqliteLedger(tmp_path / "toy.sqlite", "toy=1", BEGINNING)
            for one in (ledger, again):
                assert (one.fresh, one.position()) == (one is ledger, at(n))
                assert one.stream("toy-1") == Stored(n, "acme", b"%d" % n)
                assert one.stream("toy-0-alone") == Stored(0, "acme", None)
                assert {one.handled(command_id(f"{k}-{size - 1}")) for k in range(n + 1)} == {HASH}
            again.close()

    def test_whoever_asks_for_the_position_knows_what_another_process_saved_up_to_it(self, tmp_path: Path) -> None:
        ledger = SqliteLedger(tmp_path / "toy.sqlite", "toy=1", BEGINNING)
        other = SqliteLedger(tmp_path / "toy.sqlite", "toy=1", BEGINNING)
        other.save(BEGINNING, at(0), {"toy-1": Stored(1, "acme", b"1")}, {command_id("a"): HASH})
        assert ledger.position() == at(0)
        assert ledger.stream("toy-1") == Stored(1, "acme", b"1")
        assert ledger.handled(command_id("a")) == HASH
        ledger.save(at(0), at(1), {"toy-1": Stored(2, "acme", b"2")}, {command_id("b"): HASH})
        assert other.position() == at(1)
        assert other.stream("toy-1") == Stored(2, "acme", b"2")

    def test_a_save_that_is_refused_leaves_nothing_in_memory(self, tmp_path: Path) -> None:
        ledger = SqliteLedger(tmp_path / "toy.sqlite", "toy=1", BEGINNING)
        with pytest.raises(Conflict):
            ledger.save(at(5), at(6), {"toy-1": Stored(1, "acme", b"1")}, {command_id("a"): HASH})
        assert (ledger.position(), ledger.stream("toy-1"), ledger.handled(command_id("a"))) == (BEGINNING, None, None)
