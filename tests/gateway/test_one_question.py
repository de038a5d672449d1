"""However many items a list shows, its stores are asked as often as for one: no question an item."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.messages.roles import AccountKind, Role
from services.gateway.auth.keys import KeyRing, digest
from services.gateway.auth.principal import Principal
from tests.gateway import samples
from tests.gateway.world import KEY, OURS, World

BOSS = Principal(OURS, AccountKind.API_KEY, "boss", Role.ADMIN)
MANY = 60


class Asked:
    """A port that counts what it is asked."""

    def __init__(self, port: object, count: Counter[str]) -> None:
        self._port = port
        self._count = count

    def __getattr__(self, name: str) -> Any:
        found: Callable[..., Any] = getattr(self._port, name)

        async def counted(*arguments: Any, **named: Any) -> Any:
            self._count[name] += 1
            return await found(*arguments, **named)

        return counted


def filled(world: World, items: int) -> None:
    for n in range(items):
        id_, at = UUID(int=n), samples.NOON + timedelta(seconds=n)
        world.documents.put("sessions", samples.session(OURS, id_, createdAt=at, accountId=str(BOSS.account)))
        world.documents.put("projects", samples.project(OURS, id_, createdAt=at))
        world.documents.put("presets", samples.preset(OURS, id_, createdAt=at, accountId=str(BOSS.account)))
        world.documents.put("accounts", samples.account(OURS, id_, createdAt=at))
        world.documents.put("jobs", samples.job(OURS, id_, createdAt=at))
    world.tables.rows["platform.session_audit"] = [command(n) for n in range(items)]


def command(n: int) -> dict[str, Any]:
    return {
        "command_id": UUID(int=n),
        "stream": f"session-{n}",
        "tenant_id": OURS,
        "happened_at": samples.NOON + timedelta(seconds=n),
        "actor": BOSS.actor,
        "command": "DeleteSession",
        "category": "session",
        "subject_id": None,
        "outcome": "applied",
        "code": None,
        "events": [],
        "details": {},
        "version": 1,
    }


LISTS = {
    "/v1/sessions": "sessions",
    "/v1/projects": "projects",
    "/v1/presets": "presets",
    "/v1/admin/accounts": "accounts",
    "/v1/admin/jobs": "jobs",
    "/v1/admin/audit": "audit",
    "/api/sessions": "sessions",
    "/api/projects": "projects",
}


@pytest.mark.req(77)
@pytest.mark.parametrize("path", LISTS)
async def test_a_list_of_many_asks_its_stores_as_often_as_a_list_of_one(path: str) -> None:
    counts: list[Counter[str]] = []
    for items in (1, MANY):
        world, count = World(), Counter[str]()
        filled(world, items)
        gateway = world.gateway()
        ports = {name: Asked(getattr(gateway, name), count) for name in ("documents", "projects", "tables", "support")}
        async with world.client(KEY, keys=KeyRing({digest(KEY): BOSS}), **ports) as client:
            page = (await client.get(path, params={"limit": 50})).json()
        assert len(page["items"]) == min(items, 50), page
        counts.append(count)
    assert counts[0] == counts[1]
    assert sum(counts[0].values()) == 1, counts[0]
