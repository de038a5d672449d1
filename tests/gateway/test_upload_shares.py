"""Users' files have their share of the store and of the process: by account, by its plan, and no more than was said."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

import httpx
import pytest

from contracts.plans import FREE, PREMIUM, Plan
from services.gateway.files.shares import Coming, Stock, check_announcement
from services.gateway.http.problems import Problem
from tests.gateway.company import Company
from tests.gateway.studio import announced, crowd, uploaded
from tests.gateway.test_bad_input import assert_problem
from tests.gateway.world import OTHER_KEY, OURS, US
from tests.render.stages import reels

PNG = reels.picture(reels.RED)
OWNER = (OURS, str(US.account))


@pytest.fixture
async def client(company: Company) -> AsyncGenerator[httpx.AsyncClient]:
    async with company.client() as client:
        yield client


@pytest.mark.req(68)
async def test_an_account_announces_as_many_files_as_its_plan_says(company: Company, client: httpx.AsyncClient) -> None:
    crowd(company, FREE.files - 1, 10)
    assert (await client.post("/v1/uploads", json={"fileName": "a.png"})).status_code == 202


@pytest.mark.req(68)
async def test_one_file_too_many_is_refused_with_how_many_there_are(
    company: Company, client: httpx.AsyncClient
) -> None:
    crowd(company, FREE.files, 10)
    answer = await client.post("/v1/uploads", json={"fileName": "a.png"})
    assert_problem(answer, 402, "upload.over_quota", f"has {FREE.files:,} files of its own")
    assert "the plan free" in answer.json()["detail"]
    assert company.gateway.sender.commands("AnnounceUpload") == []


@pytest.mark.req(68)
async def test_bytes_that_there_is_no_room_for_are_refused_before_they_come(
    company: Company, client: httpx.AsyncClient
) -> None:
    crowd(company, 1, FREE.file_bytes - 999)
    answer = await client.post("/v1/uploads", json={"fileName": "a.png", "sizeBytes": 1000})
    assert_problem(answer, 402, "upload.over_quota", f"{FREE.file_bytes:,} bytes of files, {FREE.file_bytes - 999:,}")


@pytest.mark.req(68)
async def test_a_file_of_unknown_size_is_measured_and_nothing_of_it_stays_where_there_is_no_room(
    company: Company, client: httpx.AsyncClient
) -> None:
    async def in_parts() -> AsyncIterator[bytes]:
        yield PNG

    upload = await announced(client)
    crowd(company, 1, FREE.file_bytes - len(PNG) + 1)
    for body in (PNG, in_parts()):
        answer = await client.put(upload["uploadUrl"], content=body)
        assert_problem(answer, 402, "upload.over_quota", f"the file has {len(PNG):,}")
    assert company.gateway.sender.commands("NameBytes") == []
    crowd(company, 1, FREE.file_bytes - len(PNG))
    assert (await client.put(upload["uploadUrl"], content=PNG)).status_code == 200


@pytest.mark.req(68)
async def test_what_one_account_keeps_takes_nothing_from_another(company: Company, client: httpx.AsyncClient) -> None:
    crowd(company, FREE.files, FREE.file_bytes)
    async with company.client(OTHER_KEY) as they:
        await uploaded(they, PNG)


@asynccontextmanager
async def holding(client: httpx.AsyncClient, number: int) -> AsyncGenerator[list[asyncio.Task[httpx.Response]]]:
    """So many files that have begun to come, and that end when this does."""
    go_on, begun = asyncio.Event(), asyncio.Semaphore(0)

    async def slowly() -> AsyncIterator[bytes]:
        yield PNG[:10]
        begun.release()
        await go_on.wait()
        yield PNG[10:]

    uploads = [await announced(client) for _ in range(number)]
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        sent = [tasks.create_task(client.put(one["uploadUrl"], content=slowly())) for one in uploads]
        for _ in uploads:
            await begun.acquire()
        yield sent
        go_on.set()


async def test_one_account_sends_a_few_files_at_a_time_and_another_beside_it(
    company: Company, client: httpx.AsyncClient
) -> None:
    async with company.client(OTHER_KEY) as they:
        late, theirs = await announced(client), await announced(they)
        async with holding(client, FREE.files_at_once) as sent:
            refused = await client.put(late["uploadUrl"], content=PNG)
            assert (await they.put(theirs["uploadUrl"], content=PNG)).status_code == 200
    assert_problem(refused, 429, "upload.too_many", f"{FREE.files_at_once} files of the account are coming")
    assert (refused.headers["retry-after"], refused.json()["retryable"]) == ("5", True)
    assert [one.result().status_code for one in sent] == [200] * FREE.files_at_once
    assert (await client.put(late["uploadUrl"], content=PNG)).status_code == 200


async def test_a_process_takes_so_many_files_of_everybody(company: Company) -> None:
    company.changed["uploads"] = replace(company.gateway.uploads, coming=Coming(1))
    async with company.client() as client, company.client(OTHER_KEY) as they:
        theirs = await announced(they)
        async with holding(client, 1):
            answer = await they.put(theirs["uploadUrl"], content=PNG)
        assert_problem(answer, 503, "upload.busy", "1 files are coming")
        assert answer.headers["retry-after"] == "5"
        assert (await they.put(theirs["uploadUrl"], content=PNG)).status_code == 200


def room(plan: Plan, stock: Stock, size: int | None) -> bool:
    try:
        check_announcement(plan, stock, size)
    except Problem:
        return False
    return True


@pytest.mark.parametrize("plan", [FREE, PREMIUM])
def test_the_last_byte_of_a_plan_can_be_used_and_not_one_more(plan: Plan) -> None:
    full = Stock(1, plan.file_bytes - 10, 0)
    assert [room(plan, full, size) for size in (10, 11, None)] == [True, False, True]
    assert not room(plan, Stock(1, plan.file_bytes, 0), None)


def test_bodies_that_come_beside_one_another_share_the_room() -> None:
    coming = Coming()
    stock = Stock(0, 0, FREE.file_bytes - 100)
    with coming.admitted(OWNER, UUID(int=1), FREE) as first:
        first.take(stock, 60)
        with coming.admitted(OWNER, UUID(int=2), FREE) as second:
            with pytest.raises(Problem, match="over_quota"):
                second.take(stock, 41)
            second.take(stock, 40)
    with coming.admitted(OWNER, UUID(int=2), FREE) as alone:
        alone.take(stock, 100)
