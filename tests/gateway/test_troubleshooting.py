"""What the guide for trouble says to look at is told by the page of health; an answer has the code that it names."""

import re
from pathlib import Path

import pytest

from services.gateway.ports.gateway import PartState
from tests.gateway.test_bad_input import GOOD, assert_problem
from tests.gateway.test_part_metrics import ABOUT
from tests.gateway.world import World

GUIDE = (Path(__file__).parents[2] / "docs" / "troubleshooting.md").read_text("utf-8")


@pytest.mark.req(81)
async def test_a_part_that_does_not_answer_is_seen_where_the_guide_says(world: World) -> None:
    named = re.findall(r"^\| `(\w+)\.(\w+): false` \|", GUIDE, re.MULTILINE)
    async with world.client(None) as client:
        well = (await client.get("/api/health")).json()
        world.documents.away = True
        ill = await client.get("/api/health")
    assert {part for part, _ in named} == {"database", "mongo"}
    assert [(well[part][field], ill.json()[part][field]) for part, field in named] == [(True, False)] * len(named)
    assert f"It answers {ill.status_code} when" in GUIDE


@pytest.mark.req(81)
async def test_connections_that_run_out_and_projectors_that_lag_are_seen_where_the_guide_says(world: World) -> None:
    async def database() -> PartState:
        return PartState(True, 2.5, ABOUT)

    async def projections() -> PartState:
        return PartState(True, None, {"analytics.jobs": {"lagEvents": 3, "lagSeconds": 7.5}})

    probes = {**world.gateway().probes, "database": database, "projections": projections}
    async with world.client(None, probes=probes) as client:
        told = (await client.get("/api/health")).json()
    (full,) = re.findall(r"^\| `(\w+)` near `(\w+)` \|", GUIDE, re.MULTILINE)
    assert [told["database"][name] for name in full] == [9, 100]
    (late,) = re.findall(r"^\* `(\w+)` grows in `/api/health`", GUIDE, re.MULTILINE)
    assert told["projections"]["analytics.jobs"][late] == 7.5


@pytest.mark.req(81)
async def test_a_log_that_does_not_confirm_is_answered_with_the_code_of_the_guide(world: World) -> None:
    ((status, code),) = re.findall(r"^\| (\d+) `([\w.]+)` \|", GUIDE, re.MULTILINE)
    world.sender.away = True
    async with world.client() as client:
        assert_problem(await client.post("/v1/sessions", json=GOOD), int(status), code, "")
