"""What a seed decides, what its report adds up, and what the wires do: without a system."""

import argparse
import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from tests.chaos.__main__ import seeds_in
from tests.chaos.seeds.campaign import Run
from tests.chaos.seeds.faults import HAPPENINGS
from tests.chaos.seeds.judge import Anomaly
from tests.chaos.seeds.plan import KINDS, planned
from tests.chaos.seeds.report import summary, write
from tests.chaos.seeds.wires import Trouble, Wire

SHORT = 0.2


def test_a_seed_is_one_plan_and_the_first_of_them_meet_each_kind_alone() -> None:
    plans = [planned(seed) for seed in range(1, 101)]
    assert plans == [planned(seed) for seed in range(1, 101)]
    alone, pairs = plans[: len(KINDS)], plans[len(KINDS) :]
    assert [[fault.kind for fault in plan.faults] for plan in alone] == [[kind] for kind in KINDS]
    assert {len({fault.kind for fault in plan.faults}) for plan in pairs} == {2}
    assert {fault.target for plan in plans for fault in plan.faults} >= {
        one for k in KINDS.values() for one in k.targets
    }


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
