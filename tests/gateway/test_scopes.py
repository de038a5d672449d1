"""What a key may be used for: every call there is, with every set of scopes that a key can have.

The calls come from the OpenAPI document: a new one is held to its method's scope without being named here.
"""

from collections.abc import Set
from itertools import chain, combinations
from typing import Any
from uuid import UUID

import httpx
import pytest

from contracts.messages.account import AccountKind, Role
from contracts.messages.roles import Scope
from services.gateway.auth.keys import KeyRing, digest
from services.gateway.auth.principal import Principal
from tests.gateway import samples
from tests.gateway.test_bad_input import assert_problem
from tests.gateway.test_tenants import IDS, Call, calls
from tests.gateway.world import KEY, OURS, World

READ, WRITE, ADMIN = Scope.READ, Scope.WRITE, Scope.ADMIN
SAFE = {"GET", "HEAD"}
OWNER = {"eraseMe", "linkIdentity", "unlinkIdentity", "revokeKey", "endLogin"}
"""For whoever may do all that the account may: with less of it nobody closes it, or locks its owner out."""
TELLING = {"addWebhookEndpoint", "changeWebhookEndpoint", "rotateWebhookSecret", "issueKey"}
"""Changes by which somebody learns what happens: a key gives no scope that it has not, and the one asked for reads."""
OTHERS = {"legacyGenerate", "legacyEnsureUser"}
"""Calls in the name of a wallet: of any, for whoever administers; else only of the one that signed in."""
SETS = [frozenset(some) for some in chain.from_iterable(combinations((READ, WRITE, ADMIN), n) for n in (1, 2, 3))]


def needed(call: Call) -> Set[Scope]:
    """The scopes without which the call is refused."""
    if call.path.startswith("/v1/auth/"):
        return frozenset()
    if call.name in OWNER:
        return frozenset(Scope)
    own = {READ} if call.method in SAFE else {WRITE}
    if call.name in TELLING:
        own |= {READ}
    return frozenset(own | ({ADMIN} if "/admin/" in call.path or call.name in OTHERS else set[Scope]()))


def keyed(scopes: Set[Scope]) -> dict[str, Any]:
    """A key of an admin's with these scopes."""
    return {"keys": KeyRing({digest(KEY): Principal(OURS, AccountKind.API_KEY, "demo", Role.ADMIN, scopes=scopes)})}


@pytest.mark.parametrize("scopes", SETS, ids=lambda scopes: "+".join(sorted(scopes)))
async def test_a_call_is_answered_for_the_scopes_that_it_needs_and_for_no_fewer(
    world: World, scopes: frozenset[Scope], client: httpx.AsyncClient
) -> None:
    document = (await client.get("/openapi.json")).json()
    wrong: list[str] = []
    async with world.client(**keyed(scopes)) as keyholder:
        for call in calls(document):
            if call.method in SAFE:
                continue
            answer = await keyholder.request(call.method, call.under(IDS), json=call.body)
            forbidden = answer.status_code == 403 and answer.json()["code"] == "auth.forbidden"
            if forbidden == (needed(call) <= scopes):
                wrong.append(f"{call.name}: {answer.status_code}")
    assert wrong == []


async def test_the_table_names_calls_that_there_are(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    assert {call.name for call in calls(document)} >= OWNER | TELLING


@pytest.mark.parametrize("scopes", [{WRITE}, {READ, WRITE}, {WRITE, ADMIN}])
async def test_a_key_with_less_than_everything_closes_no_account(world: World, scopes: set[Scope]) -> None:
    async with world.client(**keyed(scopes)) as client:
        assert_problem(await client.delete("/v1/me"), 403, "auth.forbidden", "for the owner of the account")
    assert world.sender.sent == []


async def test_a_key_may_always_revoke_itself_and_no_other(world: World) -> None:
    mine, other = UUID(int=5), UUID(int=6)
    whose = Principal(
        OURS, AccountKind.API_KEY, "demo", scopes={WRITE}, known=samples.owner(OURS), credential=str(mine)
    )
    world.documents.put(
        "credentials", samples.credentials(OURS, samples.owner(OURS), "ours", str(mine), IDS["login_id"])
    )
    async with world.client(keys=KeyRing({digest(KEY): whose})) as client:
        assert (await client.delete(f"/v1/me/keys/{mine}")).status_code == 202
        assert_problem(await client.delete(f"/v1/me/keys/{other}"), 403, "auth.forbidden", "sign in")
