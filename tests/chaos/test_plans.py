"""What a seed decides, what its report adds up, and what the wires do: without a system."""

import argparse
import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from ops.processes import DEMO_KEY_FILE
from ops.state import write_state
from services.gateway.reading.cached_projects import key_of
from tests.chaos.__main__ import on_one_system, seeds_in
from tests.chaos.seeds.anomaly import Anomaly
from tests.chaos.seeds.campaign import Run
from tests.chaos.seeds.faults import HAPPENINGS
from tests.chaos.seeds.load import Load
from tests.chaos.seeds.memory import beyond
from tests.chaos.seeds.plan import KINDS, planned
from tests.chaos.seeds.report import summary, write
from tests.chaos.seeds.tenants import NEIGHBOUR, OURS, THEIRS, in_logs, of_another
from tests.chaos.seeds.wires import Trouble, Wire
from tests.chaos.system import System

SHORT = 0.2


def test_a_seed_is_one_plan_and_the_first_of_them_meet_each_kind_alone() -> None:
    plans = [planned(seed) for seed in range(1, 101)]
    assert plans == [planned(seed) for seed in range(1, 101)]
    alone, pairs = plans[: len(KINDS)], plans[len(KINDS) :]
    assert [[fault.kind for fault in plan.faults] for plan in alone] == [[kind] for kind in KINDS]
    assert {len({fault.kind for fault in plan.faults}) for plan in pairs} == {2}
    assert not any(plan.alone for plan in pairs)
    assert {fault.target for plan in plans for fault in plan.faults} >= {
        one for k in KINDS.values() for one in k.targets
    }


@pytest.mark.parametrize("seed", range(15, 20))
async def test_a_film_that_a_fault_waits_for_is_not_deleted_meanwhile(seed: int, tmp_path: Path) -> None:
    (tmp_path / DEMO_KEY_FILE).write_text("a key")
    write_state(tmp_path, {"processes": [{"name": "gateway", "url": "http://127.0.0.1:9"}]})
    load = Load(System(tmp_path), planned(seed), "tenant", "account")
    film = load.film()
    asked = [load.next() for _ in range(100)]
    await load.close()
    deleted = {wish.path for wish in asked if wish.method == "DELETE"}
    assert deleted
    assert f"/v1/sessions/{film.session}" not in deleted


def test_plans_share_a_system_but_for_those_that_fill_or_end_it() -> None:
    plans = [planned(seed) for seed in range(1, len(KINDS) + 2)]
    together, *alone = on_one_system(plans)
    assert not any(plan.alone for plan in together)
    assert [len(one) for one in alone] == [1] * sum(kind.alone for kind in KINDS.values())
    assert sorted(plan.seed for one in (together, *alone) for plan in one) == [plan.seed for plan in plans]


def test_a_word_of_a_tenant_is_found_in_a_log_and_under_a_key_of_another(tmp_path: Path) -> None:
    (tmp_path / "gateway.log").write_text(f"all is well\nheard {OURS} 7\n")
    (tmp_path / "kafka.log").write_text(THEIRS)
    assert in_logs(tmp_path) == [f"gateway.log: 'heard {OURS} 7'"]
    ours, theirs = key_of("head", "demo", "project-1").encode(), key_of("head", NEIGHBOUR.tenant, "project-2").encode()
    assert [of_another(ours, OURS.encode()), of_another(theirs, THEIRS.encode())] == [False, False]
    assert [of_another(ours, THEIRS.encode()), of_another(theirs, OURS.encode())] == [True, True]


def test_who_takes_half_as_much_memory_again_is_named() -> None:
    assert beyond({"session": 1.5, "gateway": 1.0}) == []
    assert beyond({"session": 1.51}) == ["session takes 1.51 times the memory of before, 1.5 are allowed"]


def test_every_kind_of_fault_happens_somehow() -> None:
    assert HAPPENINGS.keys() == KINDS.keys()


@pytest.mark.parametrize(("text", "seeds"), [("7", [7]), ("1-3,9", [1, 2, 3, 9])])
def test_seeds_are_told_as_spans(text: str, seeds: list[int]) -> None:
    assert seeds_in(text) == seeds


@pytest.mark.parametrize("text", ["", "x", "3-1", "0-2", "-4"])
def test_what_are_no_seeds_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="write 1-20"):
        seeds_in(text)


def test_the_report_adds_up_and_names_every_anomaly(tmp_path: Path) -> None:
    runs = [Run(planned(seed), {"acknowledged": 9, "unknown": 1}, recovery=float(seed)) for seed in range(1, 41)]
    runs[0].anomalies.append(Anomaly("I6", "a document differs"))
    told = summary(runs)
    assert (told["runs"], told["operations"], told["acknowledged"], told["unknown"]) == (40, 400, 360, 40)
    assert (told["anomalies"]["I6"], told["anomalies"]["I1"]) == (1, 0)
    assert (told["recovery"], told["recoveredInTime"]) == ({"p50": 21.0, "p99": 40.0, "longest": 40.0}, 30)
    assert "seed 1: I6: a document differs" in write(tmp_path, runs).read_text()
    assert len(json.loads((tmp_path / "report.json").read_text())["runs"]) == len(runs)


class Line(NamedTuple):
    """A client's end of a wire, before a server that answers with what it is told."""

    wire: Wire
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, within: float = 10.0) -> bytes:
        self.writer.write(b"ping\n")
        async with asyncio.timeout(within):
            return await self.reader.readline()


@pytest.fixture
async def line() -> AsyncGenerator[Line]:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while said := await reader.readline():
            writer.write(said)
        writer.close()

    async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
        wire = Wire("127.0.0.1", server.sockets[0].getsockname()[1], Random(1))
        async with await asyncio.start_server(wire.serve, "127.0.0.1", 0) as front:
            reader, writer = await asyncio.open_connection("127.0.0.1", front.sockets[0].getsockname()[1])
            yield Line(wire, reader, writer)
            writer.close()
            wire.reset()


@pytest.mark.parametrize("trouble", [Trouble(requests_held=True), Trouble(answers_held=True), Trouble(late=1.0)])
async def test_what_a_wire_holds_passes_when_the_trouble_is_over(line: Line, trouble: Trouble) -> None:
    assert await line.ask() == b"ping\n"
    with line.wire.troubled(trouble), pytest.raises(TimeoutError):
        await line.ask(SHORT)
    assert await line.reader.readline() == b"ping\n"


async def test_a_lost_answer_and_a_reset_end_the_line(line: Line) -> None:
    with line.wire.troubled(Trouble(loses=1.0)):
        assert await line.ask() == b""
