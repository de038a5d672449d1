"""Where a call comes from is told by proxies that were named, and by nobody else: a header is somebody's word."""

from typing import Any

import httpx
import pytest

from services.gateway.http.proxies import proxies_of
from services.gateway.redis.rates import Count, Rate
from services.gateway.server import Server
from tests.gateway.world import World

OURS = "10.0.0.0/8,2001:db8::7"
HOME, SPOOFED = "203.0.113.9", "198.51.100.1"


class Counted:
    """`Rates` that let everybody pass, and know whom they counted."""

    def __init__(self) -> None:
        self.who: list[str] = []

    async def count(self, who: str, rate: Rate) -> Count:
        self.who.append(who)
        return Count(rate, True, 1, 1)


async def counted_as(proxies: str, peer: str, *lines: str) -> str:
    """As whom a call is counted that comes from `peer` with these `X-Forwarded-For`."""
    rates = Counted()
    server = Server(World().app(rates=rates), "127.0.0.1", 0, proxies_of(proxies))
    server.config.load()
    app: Any = server.config.loaded_app
    transport = httpx.ASGITransport(app, client=(peer, 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        headers = [("X-Forwarded-For", line) for line in lines]
        assert (await client.get("/docs", headers=headers)).status_code == 200
    (who,) = rates.who
    return who


@pytest.mark.parametrize(
    ("proxies", "peer", "lines", "client"),
    [
        ("", HOME, [], HOME),
        ("", HOME, [SPOOFED], HOME),
        ("", "127.0.0.1", [SPOOFED], "127.0.0.1"),
        ("", "10.0.0.1", [SPOOFED], "10.0.0.1"),
        (OURS, HOME, [SPOOFED], HOME),
        (OURS, "127.0.0.1", [SPOOFED], "127.0.0.1"),
        (OURS, "10.0.0.1", [], "10.0.0.1"),
        (OURS, "10.0.0.1", [HOME], HOME),
        (OURS, "10.0.0.1", [f"{SPOOFED}, {HOME}"], HOME),
        (OURS, "10.0.0.1", [SPOOFED, HOME], HOME),
        (OURS, "10.0.0.1", [f"{SPOOFED}, {HOME}, 10.9.9.9"], HOME),
        (OURS, "10.0.0.1", [f"{SPOOFED}, {HOME}", "10.9.9.9"], HOME),
        (OURS, "10.0.0.1", [f"10.0.0.1, {HOME}"], HOME),
        (OURS, "10.0.0.1", [f"{HOME}:50123"], HOME),
        (OURS, "10.0.0.1", ["10.3.3.3, 10.9.9.9"], "10.3.3.3"),
        (OURS, "10.0.0.1", [""], "10.0.0.1"),
        (OURS, "2001:db8::7", ["2001:db8:1:2::9"], "2001:db8:1:2::1"),
        (OURS, "2001:db8::8", ["2001:db8:1:2::9"], "2001:db8::8"),
        (OURS, "::ffff:10.0.0.1", [HOME], HOME),
        ("", f"::ffff:{HOME}", [SPOOFED], HOME),
        ("127.0.0.1", "127.0.0.1", [HOME], HOME),
    ],
)
async def test_a_client_is_the_last_address_that_no_named_proxy_has(
    proxies: str, peer: str, lines: list[str], client: str
) -> None:
    assert await counted_as(proxies, peer, *lines) == await counted_as("", client)


async def test_a_word_that_is_no_address_makes_nobody_new() -> None:
    """Whatever stands before the last hop changes nothing."""
    for word in ("unknown", "<script>", "127.0.0.1", "10.0.0.2", "a" * 4000):
        assert await counted_as(OURS, "10.0.0.1", f"{word}, {HOME}") == await counted_as("", HOME)
        assert await counted_as("", HOME, word) == await counted_as("", HOME)


@pytest.mark.parametrize("given", ["*", "0.0.0.0/0", "::/0", "proxy.internal", "10.0.0.1/8", "10.0.0.1;10.0.0.2"])
def test_what_is_no_address_of_a_proxy_is_refused_at_the_start(given: str) -> None:
    with pytest.raises(ValueError, match="prox"):
        proxies_of(given)
