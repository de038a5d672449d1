"""A signed link opens what it was made for, for as long as it was made for: no other, however it is spoilt."""

from collections import Counter
from random import Random

import httpx
import pytest

from services.gateway.http.signing import LONGEST_SECONDS, Signer
from tests.gateway import samples
from tests.gateway.links import SPOILS, Link, spoilt
from tests.gateway.samples import MOVIE, VIDEO
from tests.gateway.world import HERE, OURS, World

MUTATIONS = 100_000
OVER_HTTP = 600
NOW = int(samples.NOON.timestamp())
SIGNER = Signer({"old": b"o" * 32, "new": b"n" * 32})
OLDER = Signer({"new": b"n" * 32, "old": b"o" * 32})
PATH, OTHER_PATH = f"/media/{VIDEO}.mp4", f"/v1/assets/{VIDEO}/content"
METHODS = ("POST", "PUT", "PATCH", "DELETE")


def made(signer: Signer, path: str, now: int = NOW) -> Link:
    return Link(path, signer.link(path, OURS, now).partition("?")[2], OURS, now)


def opens(link: Link) -> bool:
    return SIGNER.opens(link.path, link.query, link.tenant, link.now)


@pytest.mark.req(67)
def test_none_of_a_hundred_thousand_spoilt_links_opens() -> None:
    dice, tried, opened = Random(2026), Counter[str](), list[Link]()
    goods = [
        made(signer, path, NOW - ago) for signer in (SIGNER, OLDER) for path in (PATH, OTHER_PATH) for ago in (0, 60)
    ]
    assert all(opens(good) for good in goods)
    for _ in range(MUTATIONS):
        how, link = spoilt(dice.choice(goods), dice, dice.choice(goods))
        tried[how] += 1
        if link not in goods and opens(link):
            opened.append(link)
    assert opened == []
    assert tried.total() == MUTATIONS
    assert set(tried) == {spoil.__name__ for spoil in SPOILS}
    assert min(tried.values()) > MUTATIONS // 20


def test_either_of_two_live_keys_opens_while_one_replaces_the_other() -> None:
    before, both, after = Signer({"old": b"o" * 32}), SIGNER, Signer({"new": b"n" * 32})
    first, second = before.link(PATH, OURS, NOW).partition("?")[2], both.link(PATH, OURS, NOW).partition("?")[2]
    assert ("kid=old" in first, "kid=new" in second) == (True, True)
    assert [one.opens(PATH, first, OURS, NOW) for one in (before, both, after)] == [True, True, False]
    assert [one.opens(PATH, second, OURS, NOW) for one in (before, both, after)] == [False, True, True]


@pytest.mark.parametrize("seconds", [LONGEST_SECONDS + 1, 3600, 10**9])
def test_a_longer_life_than_a_quarter_of_an_hour_is_not_had_even_with_a_good_signature(seconds: int) -> None:
    expires = str(NOW + seconds)
    kid, signature = SIGNER.sign("media", PATH, OURS, expires)
    assert not SIGNER.opens(PATH, f"exp={expires}&kid={kid}&sig={signature}", OURS, NOW)
    assert int(made(SIGNER, PATH).parts["exp"]) - NOW == LONGEST_SECONDS == 900


@pytest.fixture
async def shown(world: World) -> World:
    film = samples.asset((await world.blobs.put(MOVIE)).sha256, len(MOVIE))
    world.documents.put("sessions", samples.session(OURS, status="completed", assets=[film], activeJob=None))
    return world


def over_http(link: Link) -> httpx.URL:
    """As it goes over the wire: what no header takes is spelled as %XX."""
    raw = f"{link.path}?{link.query}".replace("#", "%23").encode()
    wire = b"".join(bytes((byte,)) if 32 < byte < 127 else f"%{byte:02X}".encode() for byte in raw)
    return httpx.URL(HERE).copy_with(raw_path=b"/" + wire.lstrip(b"/"))


@pytest.mark.req(67)
async def test_over_http_a_spoilt_link_is_refused_and_a_good_one_plays(shown: World) -> None:
    dice, good, answers = Random(7), made(SIGNER, PATH), Counter[int]()
    async with shown.client(None) as anybody:
        for _ in range(OVER_HTTP):
            _, link = spoilt(good, dice, made(SIGNER, OTHER_PATH))
            if (link.path, link.query) != (good.path, good.query) and over_http(link) != over_http(good):
                answer = await anybody.get(over_http(link))
                assert answer.content != MOVIE, link
                answers[answer.status_code] += 1
        assert (await anybody.get(over_http(good))).content == MOVIE
    assert set(answers) <= {401, 403, 404, 422}
    assert answers[403] > OVER_HTTP // 3


async def test_a_link_is_for_reading_alone(shown: World) -> None:
    url = over_http(made(SIGNER, PATH))
    async with shown.client(None) as anybody:
        for method in METHODS:
            assert (await anybody.request(method, url)).status_code in {401, 404, 405}, method
        assert (await anybody.get(url)).content == MOVIE
