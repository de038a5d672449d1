"""Whether whoever asks may ask now: by the plan of his account, or, as a stranger, by his address."""

import ipaddress
from hashlib import blake2b
from typing import Final

from starlette.requests import Request

from contracts.plans import ANYBODY, plan_of
from services.gateway.auth.principal import Principal
from services.gateway.http.problems import Problem
from services.gateway.ports.gateway import Gateway
from services.gateway.redis.rates import Count, Rate

UNCOUNTED: Final = frozenset({"/livez", "/readyz", "/metrics"})
"""Asked by machines that take a refusal for an outage."""

_HOUR: Final = 3600
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_NEIGHBOURS: Final = 64
"""The bits of an IPv6 address that one customer of a network gets: behind them are as many addresses as he likes."""


async def check(request: Request, gateway: Gateway, principal: Principal | None) -> None:
    """Count the call. Raises the problem for one too many, which says when to come back."""
    if gateway.rates is None or request.url.path in UNCOUNTED:
        return
    plan = ANYBODY if principal is None else plan_of(principal.plan, principal.role)
    reads = request.method in _SAFE
    rate = Rate("reads", plan.reads_per_minute) if reads else Rate("writes", plan.writes_per_minute)
    count = await gateway.rates.count(stranger(request) if principal is None else principal.actor, rate)
    request.state.rate_headers = count.headers()
    if not count.passed:
        raise _too_many(count, plan.name)


async def check_new_account(request: Request, gateway: Gateway) -> None:
    """Count an account that is to be opened for a stranger. Raises the problem for one too many of his network."""
    if gateway.rates is None:
        return
    rate = Rate("accounts", gateway.new_accounts_per_hour, _HOUR)
    count = await gateway.rates.count(stranger(request), rate)
    if not count.passed:
        request.state.rate_headers = count.headers()
        raise Problem(
            "auth.too_many_accounts",
            f"More than {rate.calls:,} new accounts an hour are not opened for one network. Wait {count.seconds} s "
            "(`Retry-After`), then sign in again. An account that is there can be signed in to at any time.",
            headers={"Retry-After": str(count.seconds)},
        )


def stranger(request: Request) -> str:
    """An address as it is counted: its digest, for addresses are personal, and of IPv6 the network alone."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        network = host
    else:
        address = getattr(address, "ipv4_mapped", None) or address
        bits = address.max_prefixlen if address.version == 4 else _NEIGHBOURS
        network = str(ipaddress.ip_network((address, bits), strict=False))
    return f"address:{blake2b(network.encode(), digest_size=16).hexdigest()}"


def _too_many(count: Count, plan: str) -> Problem:
    what = "changes" if count.rate.name == "writes" else "reads"
    whose = "without a key" if plan == ANYBODY.name else f"on the plan {plan}"
    return Problem(
        "rate.exceeded",
        f"More than {count.rate.calls:,} {what} a minute are not answered {whose}. Wait {count.seconds} s "
        "(`Retry-After`), then go on; `RateLimit` in every answer says what is left.",
        headers={"Retry-After": str(count.seconds)},
    )
