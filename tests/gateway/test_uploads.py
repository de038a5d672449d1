"""A user's own file: announced, sent, looked into, an asset; and nothing else gets in by that way."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from contracts.envelope import Command, stream_id
from contracts.messages.upload import ExpireUpload, Media, Unfit
from eventlog.errors import Unavailable
from services.gateway.files.receiving import AT_ONCE
from services.gateway.ports.gateway import CommandSender
from services.render.engines.inspection import inspect
from tests.gateway.company import Company
from tests.gateway.studio import WAIT, announced, film, projected, uploaded
from tests.gateway.test_bad_input import assert_problem
from tests.gateway.world import OTHER_KEY, OURS
from tests.render.stages import reels

PNG = reels.picture(reels.RED)


class CutOff:
    """A way into the log that ends before the word that a file has come."""

    def __init__(self, sender: CommandSender) -> None:
        self._sender = sender

    async def send(self, topic: str, command: Command, headers: Sequence[tuple[str, bytes]] = ()) -> None:
        if command.type == "ReceiveUpload":
            raise Unavailable("kafka", "the gateway is cut off")
        await self._sender.send(topic, command, headers)


@pytest.fixture
async def client(company: Company) -> AsyncGenerator[httpx.AsyncClient]:
    async with company.client() as client:
        yield client


def left(company: Company) -> list[Path]:
    return list(company.gateway.uploads.folder.glob("*.part"))


def stream_of(upload: dict[str, Any]) -> str:
    return stream_id("upload", OURS, upload["assetId"])


@pytest.mark.req(18)
async def test_a_film_becomes_an_asset_whose_bytes_are_in_the_file_store_alone(
    company: Company, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    content = film(tmp_path)
    asset = await uploaded(client, content, sizeBytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    assert (asset["kind"], asset["mediaType"], asset["sizeBytes"]) == ("upload", "video/mp4", len(content))
    assert (asset["durationMs"], asset["width"], asset["height"]) == (1000, 320, 180)
    assert (await client.get(f"/v1/assets/{asset['assetId']}")).json() == asset
    assert (await client.get(asset["url"])).content == content
    part = await client.get(f"/v1/assets/{asset['assetId']}/content", headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.content) == (206, content[:10])
    assert await company.gateway.blobs.size(asset["sha256"]) == len(content)
    stored = str(company.gateway.documents.collections["uploads"])
    assert asset["sha256"] in stored
    assert len(stored) < 1_500, "the document holds what is known of the bytes, and none of them"
    assert left(company) == []


@pytest.mark.req(14, 15)
async def test_a_video_that_is_uploaded_for_a_project_is_that_project_s_with_its_length(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    project = await projected(client)
    asset = await uploaded(client, film(tmp_path, 2), projectId=project["projectId"])
    document = (await client.get(f"/api/projects/{project['projectId']}")).json()
    assert (document["videoPath"], document["duration"]) == (f"/media/{asset['assetId']}.mp4", 2.0)
    assert (await client.get(document["videoPath"])).headers["content-type"] == "video/mp4"


async def test_the_announcement_says_where_to_send_the_file_and_until_when(
    company: Company, client: httpx.AsyncClient
) -> None:
    answer = await client.post("/v1/uploads", json={"fileName": "a.png"})
    links = answer.json()["links"]
    assert answer.status_code == 202
    async with company.client(None) as anybody:
        assert (await anybody.put(links["upload"], content=PNG)).status_code == 200
    assert (await client.get(links["asset"])).json()["mediaType"] == "image/png"
    upload = await announced(client)
    assert upload["method"] == "PUT"
    assert upload["expiresAt"] == "2026-11-21T12:00:00.000Z"


async def test_the_same_announcement_with_a_key_is_one_file(client: httpx.AsyncClient) -> None:
    headers = WAIT | {"Idempotency-Key": "once"}
    both = [await client.post("/v1/uploads", json={"fileName": "a.png"}, headers=headers) for _ in range(2)]
    assert both[0].json()["assetId"] == both[1].json()["assetId"]
    assert both[1].headers["Idempotency-Replayed"] == "true"


async def test_the_same_bytes_may_come_again_and_others_may_not(company: Company, client: httpx.AsyncClient) -> None:
    upload = await announced(client)
    first = await client.put(upload["uploadUrl"], content=PNG)
    again = await client.put(upload["uploadUrl"], content=PNG)
    assert (again.status_code, again.json()["sha256"]) == (200, first.json()["sha256"])
    other = await client.put(upload["uploadUrl"], content=reels.picture(reels.BLUE))
    assert_problem(other, 409, "upload.finished", "other bytes")
    assert (await client.get(f"/v1/assets/{upload['assetId']}")).json()["sha256"] == first.json()["sha256"]
    assert left(company) == []


async def test_of_two_bodies_at_once_one_is_told_to_wait(client: httpx.AsyncClient) -> None:
    upload = await announced(client)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield PNG[:10]
        begun.set()
        await go_on.wait()
        yield PNG[10:]

    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        first = tasks.create_task(client.put(upload["uploadUrl"], content=slowly()))
        if not begun.is_set():
            await begun.wait()
        second = await client.put(upload["uploadUrl"], content=PNG)
        go_on.set()
    assert_problem(second, 409, "upload.in_progress", "Wait for that call")
    assert first.result().status_code == 200


@pytest.mark.parametrize(
    ("fields", "content", "status", "code"),
    [
        ({"sizeBytes": 10}, PNG, 422, "upload.wrong_size"),
        ({"sizeBytes": len(PNG) + 1}, PNG, 422, "upload.wrong_size"),
        ({"sha256": "0" * 64}, PNG, 422, "upload.wrong_digest"),
        ({}, b"", 422, "upload.wrong_size"),
        ({}, bytes(1_000_001), 413, "upload.too_large"),
        ({}, b"<script>alert(1)</script>", 415, "upload.wrong_type"),
        ({}, PNG[:60], 422, "upload.unfit"),
    ],
)
async def test_what_is_not_as_announced_is_refused_and_nothing_of_it_stays(
    fields: dict[str, Any], content: bytes, status: int, code: str, company: Company, client: httpx.AsyncClient
) -> None:
    upload = await announced(client, **fields)

    async def in_parts() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 100_000):
            yield content[start : start + 100_000]

    for body in (content, in_parts()):
        assert_problem(await client.put(upload["uploadUrl"], content=body), status, code, ".")
    assert left(company) == []
    assert await company.gateway.blobs.size(hashlib.sha256(content).hexdigest()) is None
    assert (await client.get(f"/v1/assets/{upload['assetId']}")).status_code == 404


async def test_a_file_that_is_announced_too_large_is_refused_at_once(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/uploads", json={"fileName": "a", "sizeBytes": 1_000_001})
    assert_problem(answer, 413, "upload.too_large", "1,000,000 bytes at most")


async def test_a_file_is_wanted_for_a_project_that_is_there(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/uploads", json={"fileName": "a", "projectId": str(UUID(int=9))})
    assert_problem(answer, 404, "project.unknown", "no project")


async def test_a_client_that_stops_sending_is_told_so_and_may_begin_again(company: Company) -> None:
    never = asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        yield PNG[:10]
        await never.wait()

    company.changed["uploads"] = replace(company.gateway.uploads, idle_seconds=0.05)
    async with company.client() as client:
        upload = await announced(client)
        assert_problem(await client.put(upload["uploadUrl"], content=stuck()), 408, "upload.too_slow", "0.05 s")
        assert left(company) == []
        assert (await client.put(upload["uploadUrl"], content=PNG)).status_code == 200


async def test_nobody_sends_to_another_tenant_s_upload_or_with_another_link(
    company: Company, client: httpx.AsyncClient
) -> None:
    upload = await announced(client)
    path = f"/v1/uploads/{upload['assetId']}/content"
    async with company.client(OTHER_KEY) as they, company.client(None) as anybody:
        assert_problem(await they.put(path, content=PNG), 404, "upload.unknown", "Announce it again")
        assert_problem(await anybody.put(path, content=PNG), 401, "auth.missing", "address")
        forged = company.gateway.signer.link(path, OURS, int(company.gateway.moment.timestamp()))
        assert_problem(await anybody.put(forged, content=PNG), 403, "link.invalid", "Announce")
        turned = upload["uploadUrl"].replace("/v1/uploads/", "/v1/assets/")
        assert_problem(await anybody.get(turned), 403, "link.invalid", "link")
        company.gateway.moment += timedelta(minutes=16)
        assert_problem(await anybody.put(upload["uploadUrl"], content=PNG), 403, "link.invalid", "expired")
    assert (await client.put(path, content=PNG)).status_code == 200, "with a key there is no hurry"


async def test_a_file_that_another_tenants_owner_of_a_link_sends_stays_its_announcers(
    company: Company, client: httpx.AsyncClient
) -> None:
    upload = await announced(client)
    async with company.client(OTHER_KEY) as they:
        answer = await they.put(upload["uploadUrl"], content=PNG)
        assert answer.status_code == 200, answer.text
        assert (await they.get(f"/v1/assets/{upload['assetId']}")).status_code == 404
    [(_, arrived)] = [one for one in company.gateway.sender.sent if one[1].type == "ReceiveUpload"]
    assert arrived.tenant == OURS
    assert (await client.get(f"/v1/assets/{upload['assetId']}")).status_code == 200


async def test_few_files_are_looked_into_at_a_time(company: Company) -> None:
    looking, most, all_came = 0, 0, False

    async def patient(file: Path) -> Media | Unfit:
        nonlocal looking, most, all_came
        looking += 1
        most = max(most, looking)
        async with asyncio.timeout(20):
            while not all_came:
                await asyncio.sleep(0)
                all_came = all_came or (looking >= AT_ONCE and len(left(company)) == 5)
        looking -= 1
        return await inspect(file)

    company.changed["uploads"] = replace(company.gateway.uploads, inspect=patient)
    async with company.client() as client:
        uploads = [await announced(client) for _ in range(5)]
        answers = await asyncio.gather(*(client.put(one["uploadUrl"], content=PNG) for one in uploads))
    assert [one.status_code for one in answers] == [200] * 5
    assert most == AT_ONCE


async def test_a_name_with_folders_in_it_is_a_name(company: Company, client: httpx.AsyncClient) -> None:
    asset = await uploaded(client, PNG, fileName="../../etc/passwd\r\nX: 1")
    answer = await client.get(asset["url"])
    assert answer.headers["content-disposition"] == 'inline; filename="upload.png"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not list(company.gateway.uploads.folder.parent.glob("etc*"))


async def test_an_upload_that_came_too_late_or_is_gone_is_unknown(company: Company, client: httpx.AsyncClient) -> None:
    late = await announced(client)
    gone = await uploaded(client, PNG)
    company.gateway.moment += timedelta(hours=24)
    answer = await client.put(f"/v1/uploads/{late['assetId']}/content", content=PNG)
    assert_problem(answer, 404, "upload.unknown", "given up")
    assert gone["expiresAt"] == "2026-12-20T12:00:00.000Z"
    await company.send(stream_of(gone), OURS, ExpireUpload(reason="nothing used it"))
    assert (await client.get(f"/v1/assets/{gone['assetId']}")).status_code == 404
    assert (await client.get(gone["url"])).status_code in (403, 404)


@pytest.mark.req(71)
async def test_bytes_whose_command_never_reached_the_log_are_named_there_already(
    company: Company, client: httpx.AsyncClient
) -> None:
    upload = await announced(client)
    company.changed["sender"] = CutOff(company.gateway.sender)
    async with company.client() as late:
        assert (await late.put(upload["uploadUrl"], content=PNG)).status_code == 503
    digest = hashlib.sha256(PNG).hexdigest()
    assert await company.gateway.blobs.size(digest) == len(PNG)
    (row,) = await company.services.rows("retention.uploads")
    assert (row["sha256"], row["expired_at"]) == (digest, None)
    await company.send(stream_of(upload), OURS, ExpireUpload(reason="it never came"))
    (row,) = await company.services.rows("retention.uploads")
    assert row["expired_at"] is not None, "and a day later the clean-up collects them"


async def test_with_the_log_away_nothing_is_put_into_the_store(company: Company, client: httpx.AsyncClient) -> None:
    upload = await announced(client)
    company.gateway.sender.away = True
    assert (await client.put(upload["uploadUrl"], content=PNG)).status_code == 503
    assert await company.gateway.blobs.size(hashlib.sha256(PNG).hexdigest()) is None


async def test_with_the_log_away_the_file_can_be_sent_again(company: Company, client: httpx.AsyncClient) -> None:
    upload = await announced(client)
    company.gateway.sender.away = True
    assert (await client.put(upload["uploadUrl"], content=PNG)).status_code == 503
    company.gateway.sender.away = False
    assert (await client.put(upload["uploadUrl"], content=PNG)).status_code == 200
