"""Files: whole, in parts, by key or by a signed link, and never for anybody else."""

from datetime import timedelta
from hashlib import sha256

import httpx
import pytest

from services.gateway.http.ranges import Span, Unsatisfiable, asked
from tests.gateway import samples
from tests.gateway.samples import JOB, MOVIE, SESSION, VIDEO
from tests.gateway.test_bad_input import assert_problem
from tests.gateway.world import HERE, OTHER_KEY, OURS, THEIRS, World

DIGEST = sha256(MOVIE).hexdigest()
PATH = f"/media/{VIDEO}.mp4"


@pytest.fixture
async def shown(world: World) -> World:
    """A finished session with its film."""
    film = samples.asset(DIGEST, len(MOVIE))
    done = samples.session(OURS, status="completed", assets=[film], videoFilePath=PATH, activeJob=None)
    world.documents.put("sessions", done)
    await world.blobs.put(MOVIE)
    return world


async def link(client: httpx.AsyncClient) -> str:
    return (await client.get(f"/v1/sessions/{SESSION}")).json()["videoFilePath"]


@pytest.mark.parametrize("path", [PATH, f"/v1/assets/{VIDEO}/content"])
async def test_the_owner_of_the_key_gets_the_file(shown: World, client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.content) == (200, MOVIE)
    assert answer.headers["content-type"] == "video/mp4"
    assert (answer.headers["etag"], answer.headers["accept-ranges"]) == (f'"{DIGEST}"', "bytes")
    head = await client.head(path)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(MOVIE)))


@pytest.mark.parametrize(
    ("asked_for", "start", "end"),
    [("bytes=0-3", 0, 4), ("bytes=4-", 4, 20), ("bytes=-5", 15, 20), ("bytes=9-999", 9, 20)],
)
async def test_a_part_is_answered_as_a_part(
    shown: World, client: httpx.AsyncClient, asked_for: str, start: int, end: int
) -> None:
    answer = await client.get(PATH, headers={"Range": asked_for})
    assert (answer.status_code, answer.content) == (206, MOVIE[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(MOVIE)}"
    assert answer.headers["content-length"] == str(end - start)


@pytest.mark.parametrize("asked_for", [{}, {"Range": "bytes=0-3"}])
async def test_half_of_a_file_does_not_pass_for_the_whole(
    world: World, client: httpx.AsyncClient, asked_for: dict[str, str]
) -> None:
    """As one that was cut short in the store: its name is that of bytes which are not there."""
    film = samples.asset(DIGEST, 2 * len(MOVIE))
    done = samples.session(OURS, status="completed", assets=[film], videoFilePath=PATH, activeJob=None)
    world.documents.put("sessions", done)
    await world.blobs.put(MOVIE)
    assert_problem(await client.get(PATH, headers=asked_for), 503, "blobs.unavailable", "file store")


async def test_a_part_beyond_the_end_is_416_and_names_the_size(shown: World, client: httpx.AsyncClient) -> None:
    answer = await client.get(PATH, headers={"Range": "bytes=20-"})
    assert_problem(answer, 416, "range.not_satisfiable", "20 bytes")
    assert answer.headers["content-range"] == "bytes */20"


async def test_a_part_of_another_version_is_answered_whole(shown: World, client: httpx.AsyncClient) -> None:
    part = {"Range": "bytes=0-3"}
    assert (await client.get(PATH, headers=part | {"If-Range": f'"{DIGEST}"'})).status_code == 206
    for other in ('"another"', f'W/"{DIGEST}"', "Fri, 20 Nov 2026 12:00:00 GMT"):
        assert (await client.get(PATH, headers=part | {"If-Range": other})).content == MOVIE


async def test_who_has_the_file_already_gets_304(shown: World, client: httpx.AsyncClient) -> None:
    assert (await client.get(PATH, headers={"If-None-Match": f'"x", "{DIGEST}"'})).status_code == 304


@pytest.mark.parametrize(
    ("header", "size", "span"),
    [
        (None, 10, None),
        ("bytes=0-0", 10, Span(0, 1)),
        ("bytes=-99", 10, Span(0, 10)),
        ("bytes=5-2", 10, None),
        ("bytes=-", 10, None),
        ("bytes=0-1,3-4", 10, None),
        ("lines=1-2", 10, None),
        ("bytes=٣-٤", 10, None),
    ],
)
def test_a_range_that_is_none_is_ignored(header: str | None, size: int, span: Span | None) -> None:
    assert asked(header, size) == span


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=-1", 0)])
def test_a_range_without_a_byte_is_unsatisfiable(header: str, size: int) -> None:
    with pytest.raises(Unsatisfiable):
        asked(header, size)


async def test_a_link_plays_without_a_key_for_get_and_head(shown: World, client: httpx.AsyncClient) -> None:
    url = await link(client)
    assert url.startswith(f"{HERE}{PATH}?exp=")
    async with shown.client(None) as anybody:
        assert (await anybody.get(url)).content == MOVIE
        assert (await anybody.head(url)).status_code == 200
        assert (await anybody.get(url, headers={"Range": "bytes=0-1"})).status_code == 206
        shown.moment += timedelta(minutes=15)
        assert_problem(await anybody.get(url), 403, "link.invalid", "has expired")


async def test_a_link_opens_its_own_path_only(shown: World, client: httpx.AsyncClient) -> None:
    url = httpx.URL(await link(client))
    query = url.query.decode()
    async with shown.client(None) as anybody:
        for path in (
            f"/v1/assets/{VIDEO}/content",
            f"/media/{VIDEO}.MP4",
            f"/media/{str(VIDEO).replace('-', '%2D')}.mp4",
        ):
            assert (await anybody.get(f"{HERE}{path}?{query}")).status_code == 403
        assert (await anybody.get(f"{HERE}{PATH}")).status_code == 401
        for wrong in (f"{query}&x=1", f"{query}&sig=0", query.replace("kid=new", "kid=old"), "x=1"):
            assert (await anybody.get(f"{HERE}{PATH}?{wrong}")).status_code == 403


async def test_another_tenant_s_file_is_answered_as_a_missing_one(shown: World) -> None:
    async with shown.client(OTHER_KEY) as other:
        for path in (f"/v1/assets/{VIDEO}", f"/v1/assets/{VIDEO}/content", PATH):
            assert_problem(await other.get(path), 404, "asset.unknown", str(VIDEO))


async def test_a_link_of_one_tenant_does_not_open_another_s_file_of_the_same_id(
    shown: World, client: httpx.AsyncClient
) -> None:
    url = await link(client)
    other = b"another film, of theirs"
    theirs = samples.asset((await shown.blobs.put(other)).sha256, len(other))
    shown.documents.put("sessions", samples.session(THEIRS, assets=[theirs]))
    async with shown.client(OTHER_KEY) as they, shown.client(None) as anybody:
        assert (await they.get(PATH)).content == other
        assert (await anybody.get(url)).content == MOVIE


async def test_a_file_is_described_with_a_link_that_plays(shown: World, client: httpx.AsyncClient) -> None:
    body = (await client.get(f"/v1/assets/{VIDEO}")).json()
    assert (body["sha256"], body["sizeBytes"], body["urlExpiresAt"]) == (DIGEST, 20, "2026-11-20T12:15:00.000Z")
    assert body["expiresAt"] is None, "it goes with its job"
    async with shown.client(None) as anybody:
        assert (await anybody.get(body["url"])).content == MOVIE


async def test_with_the_session_its_files_go(shown: World, client: httpx.AsyncClient) -> None:
    url = await link(client)
    shown.documents.put("sessions", samples.session(OURS, status="deleted"))
    assert (await client.get(f"/v1/assets/{VIDEO}")).status_code == 404
    async with shown.client(None) as anybody:
        assert (await anybody.get(url)).status_code == 403


async def test_a_file_that_is_not_kept_any_more_is_told(shown: World, client: httpx.AsyncClient) -> None:
    await shown.blobs.delete(DIGEST)
    assert_problem(await client.get(PATH), 404, "asset.unknown", "not kept any more")


@pytest.mark.parametrize("name", ["x.mp4", f"{VIDEO}.exe", f"{VIDEO}", f"{JOB}.mp4"])
async def test_a_name_that_is_no_file_s_is_unknown(shown: World, client: httpx.AsyncClient, name: str) -> None:
    assert_problem(await client.get(f"/media/{name}"), 404, "asset.unknown", "There is no file")
