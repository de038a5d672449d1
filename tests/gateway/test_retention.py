"""What is kept, and for how long: a deleted session can be brought back for a while, and is then gone for good."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from contracts.envelope import Command
from contracts.rendering import Stage
from services.session.sweep import Retention, Sweep
from tests.gateway import samples
from tests.gateway.company import Company
from tests.gateway.test_bad_input import assert_problem
from tests.gateway.test_session_changes import HERE, WAIT, make

DAY = timedelta(days=1)


class Swept:
    """The sweep's ports, over what the company shows."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.old: Sequence[Mapping[str, Any]] | None = None

    def sweep(self, untouched: timedelta | None = None) -> Sweep:
        retention = Retention(30 * DAY, untouched)
        return Sweep(self, self, lambda: self.company.gateway.moment, retention, lambda: True)

    async def deleted(self, before: datetime) -> Sequence[Mapping[str, Any]]:
        found = [one for one in self._all() if one["status"] == "deleted" and one["updatedAt"] < before]
        return found if self.old is None else self.old

    async def untouched(self, since: datetime) -> Sequence[Mapping[str, Any]]:
        idle = [one for one in self._all() if one["status"] != "deleted" and one["activeJob"] is None]
        return [one for one in idle if one["updatedAt"] < since]

    async def send(self, commands: Sequence[Command]) -> None:
        for command in commands:
            await self.company.take(command)

    def _all(self) -> list[Mapping[str, Any]]:
        return list(self.company.gateway.documents.collections.get("sessions", {}).values())


@pytest.fixture
async def client(company: Company) -> AsyncGenerator[httpx.AsyncClient]:
    async with company.client() as client:
        yield client


async def test_a_deleted_session_is_purged_when_it_can_no_longer_be_brought_back(
    client: httpx.AsyncClient, company: Company
) -> None:
    sweep = Swept(company).sweep()
    (job,) = (await make(client))["jobs"]
    await client.delete(HERE, headers=WAIT)
    company.gateway.moment = samples.NOON + 29 * DAY
    assert await sweep.once() == 0
    company.gateway.moment = samples.NOON + 31 * DAY
    assert [await sweep.once(), await sweep.once()] == [1, 0]
    assert_problem(await client.get(HERE, params={"includeDeleted": True}), 404, "session.unknown", "")
    assert_problem(await client.post(f"{HERE}/restore", headers=WAIT), 404, "session.not_open", "no open")
    assert_problem(await client.get(f"/v1/jobs/{job}"), 404, "job.unknown", job)
    assert [await company.services.rows(name) for name in ("sessions", "jobs", "render.queue")] == [[], [], []]


async def test_a_sweep_that_read_before_the_session_came_back_purges_nothing(
    client: httpx.AsyncClient, company: Company
) -> None:
    swept = Swept(company)
    await make(client)
    await client.delete(HERE, headers=WAIT)
    company.gateway.moment = samples.NOON + 31 * DAY
    swept.old = await swept.deleted(company.gateway.moment)
    await client.post(f"{HERE}/restore", headers=WAIT)
    await client.delete(HERE, headers=WAIT)
    assert await swept.sweep().once() == 1
    assert (await client.post(f"{HERE}/restore", headers=WAIT)).status_code == 200


async def test_sessions_are_kept_for_ever_unless_somebody_says_for_how_long(
    client: httpx.AsyncClient, company: Company
) -> None:
    await make(client, Stage.REFINE)
    company.gateway.moment = samples.NOON + 400 * DAY
    assert await Swept(company).sweep().once() == 0
    assert await Swept(company).sweep(untouched=90 * DAY).once() == 1
    assert (await client.get(HERE)).status_code == 404
    assert (await client.post(f"{HERE}/restore", headers=WAIT)).status_code == 200
