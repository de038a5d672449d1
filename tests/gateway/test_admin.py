"""Admins of a tenant: they see and change what is their tenant's, nobody else does, and all they do is told."""

from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import httpx
import pytest

from contracts.messages.roles import AccountKind, Role
from contracts.plans import FREE, PLANS, PREMIUM
from services.gateway.auth.keys import KeyRing, digest
from services.gateway.auth.principal import Principal
from services.gateway.views.plans import PlanName
from tests.gateway import samples
from tests.gateway.company import Company
from tests.gateway.test_presets import ADMIN_KEY
from tests.gateway.world import KEY, OTHER_KEY, OURS, THEM, US

BOSS = Principal(OURS, AccountKind.API_KEY, "boss", Role.ADMIN)
RING = KeyRing({digest(KEY): US, digest(OTHER_KEY): THEM, digest(ADMIN_KEY): BOSS})
ACCOUNT = f"/v1/admin/accounts/{US.account}"
WAIT = {"Prefer": "wait=5"}
AS_US = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture
def company() -> Company:
    company = Company(enforce=True)
    company.changed["keys"] = RING
    return company


@pytest.fixture
async def admin(company: Company) -> AsyncGenerator[httpx.AsyncClient]:
    """An admin of a tenant in which somebody has made a film."""
    async with company.client(ADMIN_KEY) as client:
        client.headers.update(WAIT)
        assert (await client.post("/v1/sessions", json={"script": "Bees dance."}, headers=AS_US)).status_code == 201
        yield client


async def pages(client: httpx.AsyncClient, path: str, **params: Any) -> list[dict[str, Any]]:
    """All items of a list, two a page."""
    found: list[dict[str, Any]] = []
    more: dict[str, Any] = {}
    while True:
        page = (await client.get(path, params={"limit": 2, **params, **more})).json()
        found += page["items"]
        if not page["hasMore"]:
            return found
        more = {"cursor": page["nextCursor"]}


def test_every_plan_can_be_given() -> None:
    assert [name.value for name in PlanName] == [plan.name for plan in PLANS]


@pytest.mark.req(68)
async def test_an_account_is_put_on_a_plan_and_told_its_limits(admin: httpx.AsyncClient) -> None:
    before = (await admin.get("/v1/me", headers=AS_US)).json()
    assert (before["plan"], before["role"], before["limits"]["openJobs"]) == ("free", "user", FREE.open_jobs)
    changed = await admin.post(f"{ACCOUNT}/plan", json={"plan": "premium"})
    assert (changed.status_code, changed.json()["plan"]) == (200, "premium")
    after = (await admin.get("/v1/me", headers=AS_US)).json()
    assert (after["plan"], after["limits"]) == (
        "premium",
        {
            "plan": "premium",
            "priority": PREMIUM.priority,
            "share": PREMIUM.share,
            "openJobs": PREMIUM.open_jobs,
            "readsPerMinute": PREMIUM.reads_per_minute,
            "writesPerMinute": PREMIUM.writes_per_minute,
            "files": PREMIUM.files,
            "fileBytes": PREMIUM.file_bytes,
            "filesAtOnce": PREMIUM.files_at_once,
        },
    )
    wrong = await admin.post(f"{ACCOUNT}/plan", json={"plan": "gold"})
    assert (wrong.status_code, wrong.json()["detail"]) == (422, "body.plan: must be one of 'free' or 'premium'")


@pytest.mark.req(68)
async def test_a_job_keeps_the_plan_that_its_owner_had_when_he_asked(
    admin: httpx.AsyncClient, company: Company
) -> None:
    await admin.post(f"{ACCOUNT}/plan", json={"plan": "premium"})
    await admin.post("/v1/sessions", json={"script": "Bees dance again."}, headers=AS_US)
    await admin.post(f"{ACCOUNT}/plan", json={"plan": "free"})
    await admin.post(f"{ACCOUNT}/role", json={"role": "premium"})
    session = (await admin.post("/v1/sessions", json={"prompt": "And wasps?"}, headers=AS_US)).json()
    again = {"from": "prompt", "changes": {"prompt": "And ants?"}}
    await admin.post(f"/v1/sessions/{session['sessionId']}/regenerate", json=again, headers=AS_US)
    queue = sorted(await company.services.rows("render.queue"), key=lambda row: row["inputs"]["title"])
    assert sorted(row["priority"] for row in queue) == [0, *[PREMIUM.priority] * 3]


@pytest.mark.req(68)
async def test_points_are_given_once_a_key_and_their_owner_reads_why(admin: httpx.AsyncClient) -> None:
    before = (await admin.get("/v1/me/credits", headers=AS_US)).json()["balance"]
    grant, once = {"amount": 25, "reason": "our mistake"}, {"Idempotency-Key": "gift"}
    for _ in range(2):
        assert (await admin.post(f"{ACCOUNT}/credits", json=grant, headers=once)).json()["balance"] == before + 25
    entry = (await admin.get("/v1/me/credits", headers=AS_US)).json()["items"][0]
    assert (entry["kind"], entry["amount"], entry["reason"]) == ("granted", 25, "our mistake")
    for wrong in ({"amount": 0}, {"amount": -1}, {"amount": 10**9}, {}, {"amount": 1, "plan": "free"}):
        assert (await admin.post(f"{ACCOUNT}/credits", json=wrong)).status_code == 422


@pytest.mark.req(68, 77)
async def test_accounts_and_jobs_of_the_tenant_are_listed_in_pages(admin: httpx.AsyncClient, company: Company) -> None:
    for number in range(4):
        made = samples.account(OURS, UUID(int=number), plan="premium" if number % 2 else "free")
        company.gateway.documents.put("accounts", made)
    company.gateway.documents.put("accounts", samples.account("theirs", THEM.account))
    found = [row["accountId"] for row in await pages(admin, "/v1/admin/accounts")]
    assert len(found) == len(set(found)) == 5
    assert str(US.account) in found
    assert {row["plan"] for row in await pages(admin, "/v1/admin/accounts", plan="premium")} == {"premium"}
    (job,) = await pages(admin, "/v1/admin/jobs", accountId=str(US.account), status="completed")
    assert job["accountId"] == str(US.account)
    assert await pages(admin, "/v1/admin/jobs", status="failed") == []


@pytest.mark.req(68)
async def test_an_admin_stops_somebody_s_job_and_its_owner_reads_why(
    admin: httpx.AsyncClient, company: Company
) -> None:
    company.working = False
    wish = {"script": "Bees dance on."}
    session = (await admin.post("/v1/sessions", json=wish, headers={**AS_US, "Prefer": "wait=0"})).json()
    (job,) = [one for one in await pages(admin, "/v1/admin/jobs") if one["sessionId"] in session["links"]["session"]]
    path = f"/v1/admin/jobs/{job['jobId']}/cancel"
    assert (await admin.post(path, json={"reason": "it was stuck"})).json()["status"] == "canceled"
    assert (await admin.get(f"/v1/jobs/{job['jobId']}", headers=AS_US)).json()["reason"] == "it was stuck"


@pytest.mark.req(68)
async def test_nobody_but_an_admin_and_no_admin_of_another_tenant_gets_anywhere(
    admin: httpx.AsyncClient, company: Company
) -> None:
    for path in ("/v1/admin/accounts", ACCOUNT, "/v1/admin/jobs", "/v1/admin/audit", "/v1/admin/operations"):
        assert (await admin.get(path, headers=AS_US)).json()["code"] == "auth.forbidden"
    company.changed["keys"] = KeyRing({digest(OTHER_KEY): Principal("theirs", AccountKind.API_KEY, "x", Role.ADMIN)})
    async with company.client(OTHER_KEY) as stranger:
        stranger.headers.update(WAIT)
        assert await pages(stranger, "/v1/admin/accounts") == []
        assert await pages(stranger, "/v1/admin/jobs") == []
        assert await pages(stranger, "/v1/admin/audit") == []
        assert (await stranger.get(ACCOUNT)).status_code == 404
        for call, body in (("plan", {"plan": "premium"}), ("role", {"role": "admin"}), ("credits", {"amount": 1})):
            assert (await stranger.post(f"{ACCOUNT}/{call}", json=body)).json()["code"] == "account.unknown"
    assert (await admin.get("/v1/me", headers=AS_US)).json()["plan"] == "free"


async def test_an_admin_does_not_change_his_own_role(admin: httpx.AsyncClient) -> None:
    answer = await admin.post(f"/v1/admin/accounts/{BOSS.account}/role", json={"role": "user"})
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.forbidden")


@pytest.mark.req(68)
async def test_too_many_paid_jobs_under_way_are_a_quota(admin: httpx.AsyncClient, company: Company) -> None:
    company.working = False
    await admin.post(f"{ACCOUNT}/credits", json={"amount": 10_000})
    wish = {"script": "Bees dance.", "stages": ["speech"]}
    codes = [
        (await admin.post("/v1/sessions", json=wish, headers={**AS_US, "Prefer": "wait=0"})).status_code
        for _ in range(FREE.open_jobs)
    ]
    assert set(codes) == {202}
    refused = await admin.post("/v1/sessions", json=wish, headers=AS_US)
    assert (refused.status_code, refused.json()["code"]) == (402, "quota.exceeded")
    assert "plan free has at most 50 paid jobs" in refused.json()["detail"]
