"""A scraper gets what the health page shows: which part answers, how large the database is, how full its pool."""

import pytest

from services.gateway.ports.gateway import PartState
from tests.gateway.world import World

ABOUT = {
    "activeConnections": 9,
    "maxConnections": 100,
    "poolSize": 2,
    "poolInUse": 1,
    "statistics": {"sizeBytes": 8_000_000, "rows": {}, "tableBytes": {"render.queue": 40_960}},
}


async def scraped(world: World, *, connected: bool = True) -> str:
    async def database() -> PartState:
        return PartState(connected, 2.5, ABOUT) if connected else PartState(connected=False)

    async def projections() -> PartState:
        return PartState(True, None, {"analytics.jobs": {"lagEvents": 3, "lagSeconds": 7.5}})

    probes = {**world.gateway().probes, "database": database, "projections": projections}
    async with world.client(key=None, probes=probes) as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 200
    return answer.text


@pytest.mark.req(37, 75, 80)
async def test_connection_health_query_time_storage_and_pool_are_scraped(world: World) -> None:
    text = await scraped(world)
    for line in (
        'playhead_part_up{part="database"} 1.0',
        'playhead_part_latency_seconds{part="database"} 0.0025',
        "playhead_database_connections 9.0",
        "playhead_database_connections_limit 100.0",
        'playhead_database_pool_connections{state="in_use"} 1.0',
        'playhead_database_pool_connections{state="idle"} 1.0',
        "playhead_database_bytes 8e+06",
        'playhead_database_table_bytes{table="render.queue"} 40960.0',
        'playhead_projection_lag_seconds{projector="analytics.jobs"} 7.5',
    ):
        assert line in text.splitlines()


@pytest.mark.req(46, 80)
async def test_a_part_that_went_away_is_told_and_keeps_no_old_figures(world: World) -> None:
    await scraped(world)
    lines = (await scraped(world, connected=False)).splitlines()
    assert 'playhead_part_up{part="database"} 0.0' in lines
    assert "playhead_database_bytes 0.0" in lines
    assert not [line for line in lines if line.startswith(("playhead_database_table_bytes{", "playhead_part_latency"))
                and "database" in line]  # fmt: skip


@pytest.mark.req(63)
async def test_health_of_the_database_is_one_word_and_its_size_and_pool_stand_on_the_health_page(world: World) -> None:
    async def database() -> PartState:
        return PartState(True, 2.5, ABOUT)

    async with world.client(probes={**world.gateway().probes, "database": database}) as client:
        assert (await client.get("/api/db/health")).json() == {"ok": True}
        told = (await client.get("/api/health")).json()["database"]
    assert told["poolSize"] == 2
    assert told["statistics"]["sizeBytes"] == 8_000_000
