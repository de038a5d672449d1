"""The health page tells how far each projector is behind the log."""

from datetime import timedelta

import pytest

from services.gateway.health.lag import Behind, Mark, lags
from services.gateway.ports.gateway import PartState
from tests.gateway.samples import NOON
from tests.gateway.world import World

BEHIND = {
    Mark("session.mongo", "events", 0, 5): Behind(3, NOON - timedelta(seconds=90)),
    Mark("session.mongo", "events", 1, 9): Behind(2, NOON - timedelta(seconds=5)),
    Mark("analytics.jobs", "events", 0, 7): Behind(0),
}


@pytest.mark.req(75, 80)
async def test_lag_is_told_in_commits_and_in_seconds_of_the_partition_that_waits_longest(world: World) -> None:
    async def look() -> PartState:
        return PartState(connected=True, about=lags(BEHIND, NOON))

    async with world.client(probes={**world.gateway().probes, "projections": look}) as client:
        body = (await client.get("/api/health")).json()
    assert body["projections"] == {
        "analytics.jobs": {"lagEvents": 0, "lagSeconds": 0.0},
        "session.mongo": {"lagEvents": 5, "lagSeconds": 90.0},
    }


def test_a_clock_that_is_behind_makes_no_negative_lag() -> None:
    early = {Mark("a", "events", 0, 0): Behind(1, NOON + timedelta(seconds=1))}
    assert lags(early, NOON) == {"a": {"lagEvents": 1, "lagSeconds": 0.0}}
