"""A scraper gets how long the worker of a job at work was not heard, and no old figure where nobody can tell."""

from collections.abc import Sequence

import pytest
from prometheus_client import CollectorRegistry

from eventlog.errors import Unavailable
from services.render.leases import NAME, LeaseAge


class Queue:
    """Tells these ages, one after the other; an error is raised."""

    def __init__(self, ages: Sequence[float | Unavailable | None]) -> None:
        self.ages = list(ages)

    async def oldest(self) -> float | None:
        age = self.ages.pop(0)
        if isinstance(age, Unavailable):
            raise age
        return age


async def told(*ages: float | Unavailable | None) -> list[str]:
    queue, registry = Queue(ages), CollectorRegistry()
    leases = LeaseAge(queue.oldest, registry)
    found: list[str] = []
    for _ in ages:
        await leases.look()
        found.append(str(registry.get_sample_value(NAME)))
    return found


@pytest.mark.req(80)
async def test_the_oldest_lease_is_told_and_none_where_nobody_is_at_work() -> None:
    assert await told(2.5, 75.0, None) == ["2.5", "75.0", "0.0"]


async def test_no_old_figure_stays_while_the_queue_cannot_be_read() -> None:
    assert await told(75.0, Unavailable("postgres", "away"), 1.0) == ["75.0", "nan", "1.0"]
