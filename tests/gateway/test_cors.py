"""Pages of other origins call where they are allowed to, and read what they need, of every kind of answer."""

from collections.abc import AsyncGenerator, Mapping
from hashlib import sha256

import httpx
import pytest

from contracts.plans import FREE
from services.gateway.access import cors
from services.gateway.http.bodies import LARGEST_BYTES
from services.gateway.redis import rates
from services.gateway.redis.rates import MemoryRates
from services.gateway.settings import GatewaySettings
from tests.gateway import samples
from tests.gateway.samples import MOVIE, SESSION, VIDEO
from tests.gateway.test_bad_input import GOOD, assert_problem
from tests.gateway.test_rates import refused, use_up
from tests.gateway.world import OURS, World

APP, OTHER = "https://app.example.org", "https://evil.example.org"
FROM_APP = {"Origin": APP}


@pytest.fixture
async def page(world: World) -> AsyncGenerator[httpx.AsyncClient]:
    """A page of an allowed origin."""
    async with world.client(cors_origins=(APP, "http://localhost:3000"), rates=MemoryRates()) as client:
        client.headers.update(FROM_APP)
        yield client


def readable(answer: httpx.Response) -> set[str]:
    """The headers that a browser shows to the page. Fails where it would show the page nothing at all."""
    assert answer.headers["access-control-allow-origin"] == APP
    assert "access-control-allow-credentials" not in answer.headers
    assert "Origin" in answer.headers["vary"]
    named = {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}
    return named & set(answer.headers)


def about(headers: Mapping[str, str]) -> list[str]:
    return [name for name in headers if name.lower().startswith("access-control-")]


async def ask(client: httpx.AsyncClient, origin: str, method: str, headers: str) -> httpx.Response:
    """What a browser asks before a call."""
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return await client.options("/v1/sessions", headers=asked)


async def test_without_the_setting_no_answer_says_a_word_about_other_origins(client: httpx.AsyncClient) -> None:
    asked, answer = await ask(client, APP, "POST", "authorization"), await client.get("/v1/me", headers=FROM_APP)
    assert (asked.status_code, answer.status_code) == (405, 200)
    assert about(asked.headers) + about(answer.headers) == []
    assert "vary" not in answer.headers


async def test_a_browser_is_told_before_a_call_that_it_may_be_made(page: httpx.AsyncClient) -> None:
    page.headers.pop("authorization")  # a browser asks without a key
    for method in cors.METHODS:
        answer = await ask(page, APP, method, ", ".join(name.lower() for name in cors.SENT) + ", content-type")
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, APP)
        assert method in answer.headers["access-control-allow-methods"]


async def test_a_page_of_another_origin_is_kept_out(page: httpx.AsyncClient) -> None:
    for origin in (OTHER, "null", f"{APP}.evil.example", "http://app.example.org"):
        asked = await ask(page, origin, "POST", "authorization")
        answer = await page.get("/v1/me", headers={"Origin": origin})
        assert asked.status_code == 400
        assert "access-control-allow-origin" not in {*asked.headers, *answer.headers}


async def test_what_the_contract_needs_can_be_read(page: httpx.AsyncClient) -> None:
    how = {"Idempotency-Key": "0197-page-1", "Prefer": "wait=0"}
    made = await page.post("/v1/sessions", json=GOOD, headers=how)
    again = await page.post("/v1/sessions", json=GOOD, headers=how)
    assert made.status_code == 202
    assert {"location", "ratelimit", "ratelimit-policy", "x-request-id"} <= readable(made)
    assert "idempotency-replayed" in readable(again)


async def test_a_page_reads_why_its_call_was_refused(page: httpx.AsyncClient) -> None:
    assert_problem(wrong := await page.post("/v1/sessions", json={}), 422, "value.invalid", "prompt")
    assert_problem(gone := await page.get("/v1/nothing"), 404, "route.unknown", "/docs")
    assert_problem(
        large := await page.post("/v1/sessions", content=b"x" * (LARGEST_BYTES + 1)), 413, "body.too_large", "MiB"
    )
    assert_problem(
        stranger := await page.get("/v1/me", headers={"Authorization": "Bearer ph_x"}), 401, "auth.invalid", "ph_"
    )
    assert all("x-request-id" in readable(answer) for answer in (wrong, gone, large, stranger))
    assert "www-authenticate" in readable(stranger)


async def test_one_call_too_many_says_to_the_page_when_to_come_back(page: httpx.AsyncClient) -> None:
    await use_up(page, FREE.writes_per_minute, "POST", "/v1/sessions", json=GOOD)
    answer, _ = await refused(page, "POST", "/v1/sessions", json=GOOD)
    assert {name.lower() for name in rates.HEADERS} <= readable(answer)


async def test_a_question_before_a_call_is_not_counted(page: httpx.AsyncClient) -> None:
    before = await page.post("/v1/sessions", json=GOOD)
    await ask(page, APP, "POST", "authorization")
    after = await page.post("/v1/sessions", json=GOOD)
    left = [int(answer.headers["ratelimit"].partition("r=")[2].partition(";")[0]) for answer in (before, after)]
    assert left[0] - left[1] == 1


async def test_an_error_that_nobody_foresaw_is_told_to_the_page(world: World) -> None:
    def broken() -> None:
        raise RuntimeError("it broke")

    async with world.client(now=broken, cors_origins=(APP,)) as client:
        answer = await client.post("/v1/sessions", json=GOOD, headers=FROM_APP)
    assert_problem(answer, 500, "internal", "request id")
    assert "x-request-id" in readable(answer)


async def test_a_page_follows_a_session(page: httpx.AsyncClient, world: World) -> None:
    world.documents.put("session_history", samples.row(OURS, 1, "session.completed"))
    world.documents.put("sessions", samples.session(OURS, version=1, status="completed"))
    answer = await page.get(f"/v1/sessions/{SESSION}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "x-request-id" in readable(answer)


async def test_a_page_plays_a_part_of_a_film(page: httpx.AsyncClient, world: World) -> None:
    film = samples.asset(sha256(MOVIE).hexdigest(), len(MOVIE))
    path = f"/media/{VIDEO}.mp4"
    done = samples.session(OURS, status="completed", assets=[film], videoFilePath=path, activeJob=None)
    world.documents.put("sessions", done)
    await world.blobs.put(MOVIE)
    signed = (await page.get(f"/v1/sessions/{SESSION}")).json()["videoFilePath"]
    page.headers.pop("authorization")
    answer = await page.get(signed, headers={"Range": "bytes=0-3"})
    assert (answer.status_code, answer.content) == (206, MOVIE[:4])
    assert {"content-range", "accept-ranges", "etag"} <= readable(answer)


@pytest.mark.parametrize(
    "named",
    [
        "*",
        "null",
        "app.example.org",
        f"{APP}/",
        f"{APP}/page",
        f"{APP}:443",
        "http://localhost:80",
        "https://App.example.org",
        "https://*.example.org",
        "https://user@app.example.org",
        f"{APP} {OTHER}",
        "ftp://app.example.org",
    ],
)
def test_an_origin_that_no_browser_sends_is_refused_at_the_start(named: str) -> None:
    with pytest.raises(ValueError, match="is no origin: name each as browsers send it"):
        GatewaySettings.model_validate({"PLAYHEAD_PROFILE": "local", "PLAYHEAD_CORS_ORIGINS": f"{APP},{named}"})


def test_the_setting_names_origins_apart_by_commas() -> None:
    assert cors.origins_of(f" {APP}, http://localhost:3000 ,http://[::1]:3000,") == (
        APP,
        "http://localhost:3000",
        "http://[::1]:3000",
    )
    assert cors.origins_of("") == ()
