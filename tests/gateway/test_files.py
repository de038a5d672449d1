"""The files that an account has: listed with those to come, and taken away where no project uses them."""

from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest

from contracts.plans import FREE
from tests.gateway.company import Company
from tests.gateway.studio import WAIT, announced, crowd, film, projected, saved, uploaded
from tests.gateway.test_bad_input import assert_problem
from tests.gateway.world import OTHER_KEY
from tests.render.stages import reels

PNG = reels.picture(reels.RED)


@pytest.fixture
async def client(company: Company) -> AsyncGenerator[httpx.AsyncClient]:
    async with company.client() as client:
        yield client


async def listed(client: httpx.AsyncClient, **query: Any) -> list[tuple[str, str]]:
    items = (await client.get("/v1/uploads", params=query)).json()["items"]
    return [(one["assetId"], one["status"]) for one in items]


@pytest.mark.req(68)
async def test_files_are_listed_with_those_to_come_newest_first(company: Company, client: httpx.AsyncClient) -> None:
    came = await uploaded(client, PNG)
    company.gateway.moment = company.gateway.moment.replace(minute=1)
    to_come = await announced(client, fileName="b.png", sizeBytes=9)
    assert await listed(client) == [(to_come["assetId"], "waiting"), (came["assetId"], "ready")]
    (first,) = (page := (await client.get("/v1/uploads", params={"limit": 1})).json())["items"]
    assert (first["originalName"], first["sizeBytes"], first["mediaType"]) == ("b.png", 9, None)
    assert await listed(client, limit=1, cursor=page["nextCursor"]) == [(came["assetId"], "ready")]
    async with company.client(OTHER_KEY) as stranger:
        assert await listed(stranger) == []


@pytest.mark.req(68)
async def test_a_file_that_is_taken_away_makes_room_and_its_bytes_go(
    company: Company, client: httpx.AsyncClient
) -> None:
    asset = await uploaded(client, PNG)
    crowd(company, FREE.files - 1, 10)
    assert_problem(
        await client.post("/v1/uploads", json={"fileName": "a.png"}), 402, "upload.over_quota", "DELETE takes one away"
    )
    answer = await client.delete(f"/v1/uploads/{asset['assetId']}", headers=WAIT)
    assert (answer.status_code, answer.content) == (204, b"")
    assert_problem(await client.get(f"/v1/assets/{asset['assetId']}"), 404, "asset.unknown", asset["assetId"])
    assert_problem(await client.delete(f"/v1/uploads/{asset['assetId']}"), 404, "upload.unknown", "GET /v1/uploads")
    assert (await client.post("/v1/uploads", json={"fileName": "a.png"})).status_code == 202
    rows = company.gateway.documents.collections["uploads"]
    assert asset["sha256"] not in str(rows), "nothing names the bytes: they are collected"


async def test_a_file_that_was_to_come_is_not_taken_after_it_was_taken_away(client: httpx.AsyncClient) -> None:
    upload = await announced(client)
    assert (await client.delete(f"/v1/uploads/{upload['assetId']}", headers=WAIT)).status_code == 204
    assert_problem(await client.put(upload["uploadUrl"], content=PNG), 403, "link.invalid", "Announce the file again")


@pytest.mark.parametrize("way", ["the project's video", "a timeline", "an earlier timeline"])
async def test_a_file_that_a_project_uses_stays(way: str, client: httpx.AsyncClient, tmp_path: Any) -> None:
    if way == "the project's video":
        project = await projected(client)
        asset = await uploaded(client, film(tmp_path), projectId=project["projectId"])
    else:
        asset = await uploaded(client, PNG)
        layer = {"type": "image", "source": f"/media/{asset['assetId'].upper()}.png", "start": 0, "duration": 2}
        project = await projected(client, layer)
        if way == "an earlier timeline":
            await saved(client, project)
    answer = await client.delete(f"/v1/uploads/{asset['assetId']}", headers=WAIT)
    assert_problem(answer, 409, "upload.in_use", project["projectId"])
    assert await listed(client) == [(asset["assetId"], "ready")]


async def test_nobody_else_takes_a_file_away(company: Company, client: httpx.AsyncClient) -> None:
    asset = await uploaded(client, PNG)
    async with company.client(OTHER_KEY) as stranger:
        answer = await stranger.delete(f"/v1/uploads/{asset['assetId']}")
    assert_problem(answer, 404, "upload.unknown", asset["assetId"])
    assert await listed(client) == [(asset["assetId"], "ready")]
