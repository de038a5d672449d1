"""The policies of routes. Every route names exactly one; the application does not start with a route that has none."""

from collections.abc import Callable, Iterable
from typing import Annotated

from fastapi import Depends
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.routing import BaseRoute

from contracts.messages.account import AccountKind
from services.gateway.auth import page
from services.gateway.auth.principal import Principal
from services.gateway.gateway import Gateway, gateway_of
from services.gateway.problems import Problem


class Policy:
    """A dependency that lets a request pass, as somebody or as nobody, or raises the problem for it."""

    def __init__(self, name: str, admit: Callable[[Request, Gateway], Principal | None]) -> None:
        self.name = name
        self._admit = admit

    async def __call__(self, request: Request) -> Principal | None:
        return self._admit(request, gateway_of(request))


class TenantPolicy(Policy):
    """A policy under which there is always somebody."""

    async def __call__(self, request: Request) -> Principal:
        principal = self._admit(request, gateway_of(request))
        if principal is None:
            raise Problem(
                "auth.missing",
                "This call needs a key: send it as 'Authorization: Bearer ph_…'.",
                headers={"WWW-Authenticate": 'Bearer realm="playhead"'},
            )
        return principal


def _known(request: Request, gateway: Gateway) -> Principal | None:
    """Whoever the key, or the page's cookie, speaks for; None without either."""
    header = request.headers.get("authorization")
    if header is not None:
        scheme, _, key = header.partition(" ")
        owner = gateway.keys.owner(key.strip()) if scheme.lower() == "bearer" else None
        if owner is None:
            raise Problem(
                "auth.invalid",
                "The key in 'Authorization' is not one of ours: it should read 'Bearer ph_' and 33 letters and digits. "
                "Check it for a typing error, or whether it was revoked.",
                headers={"WWW-Authenticate": 'Bearer realm="playhead", error="invalid_token"'},
            )
        return owner
    value = request.cookies.get(page.COOKIE)
    demo = gateway.demo
    if value is None or demo is None or not page.named_here(request.headers.get("host", ""), gateway.public_url):
        return None
    return demo if page.is_ours(gateway.signer, demo.tenant, value, gateway.seconds()) else None


def _legacy(request: Request, gateway: Gateway) -> Principal | None:
    known = _known(request, gateway) if "authorization" in request.headers else None
    if known is None and gateway.legacy_tenant:
        return Principal(gateway.legacy_tenant, AccountKind.ANONYMOUS, "legacy")
    return known


def _nobody(_request: Request, _gateway: Gateway) -> None:
    return None


PUBLIC = Policy("public", _nobody)
"""Anybody, and the route learns nothing about him."""

TENANT = TenantPolicy("tenant", _known)
"""The owner of a key, for his own tenant's things."""

LEGACY = TenantPolicy("legacy", _legacy)
"""The owner of a key, or, where it is set, anybody for the one legacy tenant."""

MEDIA = Policy("media", _known)
"""The owner of a key, or nobody: then the route asks for a signature."""

Caller = Annotated[Principal, Depends(TENANT)]
LegacyCaller = Annotated[Principal, Depends(LEGACY)]
MaybeCaller = Annotated[Principal | None, Depends(MEDIA)]


def policy_of(route: BaseRoute) -> Policy | None:
    """The one policy that a route names, or None."""
    if not isinstance(route, APIRoute):
        return None
    named = [one.call for one in route.dependant.dependencies if isinstance(one.call, Policy)]
    return named[0] if len(named) == 1 else None


def check(routes: Iterable[BaseRoute]) -> None:
    """Raises `ValueError`, naming every route that has no policy, or more than one."""
    open_ = [f"{getattr(route, 'path', route)}" for route in routes if policy_of(route) is None]
    if open_:
        raise ValueError(
            f"routes without exactly one policy: {', '.join(sorted(open_))}. "
            "Name who may call each: PUBLIC, TENANT, LEGACY or MEDIA of services.gateway.auth.access."
        )
