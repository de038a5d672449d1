"""The policies of routes. Every route names exactly one; the application does not start with a route that has none."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated

from fastapi import Depends
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.routing import BaseRoute

from contracts.messages.account import AccountKind
from contracts.messages.roles import Scope
from services.gateway.access import bearer, limiting, page
from services.gateway.auth.principal import EVERY_SCOPE, Principal
from services.gateway.http.problems import Problem
from services.gateway.ports.gateway import Gateway, gateway_of

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Policy:
    """A dependency that lets a request pass, as somebody or as nobody, or raises the problem for it."""

    def __init__(self, name: str, admit: Callable[[Request, Gateway], Awaitable[Principal | None]]) -> None:
        self.name = name
        self._admit = admit

    async def __call__(self, request: Request) -> Principal | None:
        return await self._admitted(request)

    async def _admitted(self, request: Request) -> Principal | None:
        """Whoever asks, where he may ask now. Who shows a wrong key is counted as a stranger: nobody tries many."""
        gateway = gateway_of(request)
        try:
            principal = await self._admit(request, gateway)
        except Problem:
            await limiting.check(request, gateway, None)
            raise
        await limiting.check(request, gateway, principal)
        return principal


class TenantPolicy(Policy):
    """A policy under which there is always somebody."""

    async def __call__(self, request: Request) -> Principal:
        principal = await self._admitted(request)
        if principal is None:
            raise Problem(
                "auth.missing",
                "This call needs a key: send it as 'Authorization: Bearer ph_…'.",
                headers={"WWW-Authenticate": 'Bearer realm="playhead"'},
            )
        return principal


async def _known(request: Request, gateway: Gateway) -> Principal | None:
    """Whoever the key, or the page's cookie, speaks for; None without either."""
    header = request.headers.get("authorization")
    if header is not None:
        scheme, _, key = header.partition(" ")
        owner = await bearer.owner(gateway, key.strip()) if scheme.lower() == "bearer" else None
        if owner is None:
            raise Problem(
                "auth.invalid",
                "The key in 'Authorization' is not one of ours: it should read 'Bearer ph_' and 33 letters and digits, "
                "a login's token with 'phs_', or a token of an issuer that is trusted here. "
                "Check it for a typing error, or whether it was revoked or has run out.",
                headers={"WWW-Authenticate": 'Bearer realm="playhead", error="invalid_token"'},
            )
        _check_scope(request, owner)
        return owner
    value = request.cookies.get(page.COOKIE)
    demo = gateway.demo
    if value is None or demo is None or not page.named_here(request.headers.get("host", ""), gateway.public_url):
        return None
    ours = page.is_ours(gateway.signer, demo.tenant, value, gateway.seconds())
    return await bearer.standing(gateway, demo) if ours else None


async def _legacy(request: Request, gateway: Gateway) -> Principal | None:
    known = await _known(request, gateway) if "authorization" in request.headers else None
    if known is None and gateway.legacy_tenant:
        return Principal(gateway.legacy_tenant, AccountKind.ANONYMOUS, "legacy", everybody=True)
    return known


async def _nobody(_request: Request, _gateway: Gateway) -> None:
    return None


def _check_scope(request: Request, principal: Principal) -> None:
    needed = Scope.READ if request.method in _SAFE else Scope.WRITE
    if needed not in principal.scopes:
        raise Problem("auth.forbidden", f"This key has no scope '{needed}'. Use one that has, or issue one with it.")


async def _admin(request: Request, gateway: Gateway) -> Principal | None:
    known = await _known(request, gateway)
    if known is not None and not known.administers:
        raise Problem("auth.forbidden", "This call is for admins, with a key that has the scope 'admin'.")
    return known


async def _owner(request: Request, gateway: Gateway) -> Principal | None:
    known = await _known(request, gateway)
    if known is not None:
        check_owner(known)
    return known


async def _reader(request: Request, gateway: Gateway) -> Principal | None:
    known = await _known(request, gateway)
    if known is not None and Scope.READ not in known.scopes:
        raise Problem(
            "auth.forbidden",
            "This call decides who is told of what happens, so its key needs the scope 'read' besides 'write'. Use one "
            "that has both.",
        )
    return known


def check_owner(principal: Principal) -> None:
    """Raises the problem for a key that may do less than its account: who holds it is not taken for the owner."""
    if beyond := EVERY_SCOPE - principal.scopes:
        raise Problem(
            "auth.forbidden",
            f"This call is for the owner of the account, and this key has no scope {', '.join(sorted(beyond))}: sign "
            "in, or use a key with every scope.",
        )


PUBLIC = Policy("public", _nobody)
"""Anybody, and the route learns nothing about him."""

TENANT = TenantPolicy("tenant", _known)
"""The owner of a key, for his own tenant's things."""

LEGACY = TenantPolicy("legacy", _legacy)
"""The owner of a key, or, where it is set, anybody for the one legacy tenant."""

MEDIA = Policy("media", _known)
"""The owner of a key, or nobody: then the route asks for a signature."""

ADMIN = TenantPolicy("admin", _admin)
"""An admin of a tenant, for that tenant's things."""

OWNER = TenantPolicy("owner", _owner)
"""Whoever may do all that the account may: a login, an identity, a key with every scope."""

READER = TenantPolicy("reader", _reader)
"""As `TENANT`, for changes by which somebody learns things: the scope `read` is needed as well."""

KEYED = frozenset({TENANT, OWNER, READER, ADMIN})
"""The policies that let nobody pass without a key, in any profile."""

Caller = Annotated[Principal, Depends(TENANT)]
LegacyCaller = Annotated[Principal, Depends(LEGACY)]
OwnerCaller = Annotated[Principal, Depends(OWNER)]
ReadingCaller = Annotated[Principal, Depends(READER)]
AdminCaller = Annotated[Principal, Depends(ADMIN)]
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
            "Name who may call each, as one of the policies of services.gateway.auth.access: PUBLIC, TENANT, OWNER, …"
        )
