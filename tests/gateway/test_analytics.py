"""Numbers for charts: my own use, and the metrics of my tenant, of the days that were asked for."""

from collections.abc import AsyncGenerator
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.gateway.reading.statements import DEFINITIONS
from tests.gateway.company import Company
from tests.gateway.test_bad_input import assert_problem
from tests.gateway.world import ADMINS, KEY, OTHER_KEY, OURS, THEIRS, THEM, US
from tests.session.words import PROMPT


@pytest.fixture
async def ours(company: Company) -> AsyncGenerator[httpx.AsyncClient]:
    async with company.client(KEY) as client:
        yield client


def a_day(tenant: str, day: int, rate: str, account: UUID = US.account) -> dict[str, Any]:
    shown = {"day": date(2026, 11, day), "kind": "slides", "success_rate": Decimal(rate)}
    return {"tenant_id": tenant, "account_id": account, **shown}


@pytest.mark.req(45)
async def test_my_usage_is_mine_by_day_and_model(company: Company, ours: httpx.AsyncClient) -> None:
    for client_key in (KEY, OTHER_KEY):
        async with company.client(client_key) as client:
            await client.post("/v1/sessions", json={"prompt": PROMPT})
    usage = (await ours.get("/v1/me/usage")).json()
    assert usage["totals"]["costMicroUsd"] == 120
    (day,) = usage["days"]
    assert (day["day"], day["model"], day["calls"], day["priceBook"]) == ("2026-11-20", "template-1", 1, None)
    assert (usage["firstDay"], usage["lastDay"]) == ("2026-10-22", "2026-11-20")


async def test_a_key_of_the_same_tenant_has_a_usage_of_its_own(company: Company, ours: httpx.AsyncClient) -> None:
    async with company.client(None) as page:
        await page.post("/api/workflows", json={"prompt": PROMPT})
        assert (await page.get("/api/usage")).json()["totals"]["calls"] == 1
    assert (await ours.get("/v1/me/usage")).json()["totals"]["calls"] == 0


@pytest.mark.req(45)
async def test_a_metric_is_answered_with_its_definition_for_me_and_my_days(
    company: Company, ours: httpx.AsyncClient
) -> None:
    rows = [a_day(OURS, 1, "0.5"), a_day(THEIRS, 2, "0.1"), a_day(OURS, 3, "1"), a_day(OURS, 9, "0")]
    company.gateway.tables.metrics["success_rate"] = [*rows, a_day(OURS, 4, "0.2", THEM.account)]
    answer = await ours.get("/v1/analytics/success_rate", params={"from": "2026-11-01", "to": "2026-11-08"})
    assert answer.json() == {
        "metric": "success_rate",
        "definition": DEFINITIONS["success_rate"],
        "firstDay": "2026-11-01",
        "lastDay": "2026-11-08",
        "rows": [
            {"day": "2026-11-01", "kind": "slides", "successRate": 0.5},
            {"day": "2026-11-03", "kind": "slides", "successRate": 1.0},
        ],
        "complete": True,
    }


@pytest.mark.req(45, 68)
async def test_whoever_administers_sees_the_metrics_of_his_tenant(company: Company) -> None:
    company.changed["keys"] = ADMINS
    rows = [a_day(OURS, 1, "0.5"), a_day(THEIRS, 2, "0.1"), a_day(OURS, 3, "1", THEM.account)]
    company.gateway.tables.metrics["success_rate"] = rows
    async with company.client(KEY) as admin:
        answer = await admin.get("/v1/analytics/success_rate", params={"from": "2026-11-01", "to": "2026-11-08"})
    assert [row["successRate"] for row in answer.json()["rows"]] == [0.5, 1.0]


async def test_there_is_a_list_of_metrics_and_no_other_is_known(ours: httpx.AsyncClient) -> None:
    assert (await ours.get("/v1/analytics")).json() == {"metrics": dict(DEFINITIONS)}
    assert len(DEFINITIONS) >= 14
    assert all(text.endswith(".") for text in DEFINITIONS.values())
    assert_problem(await ours.get("/v1/analytics/nothing"), 404, "metric.unknown", "success_rate")


@pytest.mark.parametrize(
    "days",
    [
        {"from": "2026-11-02", "to": "2026-11-01"},
        {"from": "2025-01-01", "to": "2026-11-01"},
        {"from": "yesterday"},
        {"to": "9999-12-31"},
        {"from": "0001-01-01"},
        {"from": "9999-12-31"},
    ],
)
@pytest.mark.parametrize("path", ["/v1/me/usage", "/v1/analytics/funnel"])
async def test_days_that_are_none_or_too_many_are_refused(
    ours: httpx.AsyncClient, path: str, days: dict[str, str]
) -> None:
    assert_problem(await ours.get(path, params=days), 422, "value.invalid", "")


async def test_metrics_take_a_key(company: Company) -> None:
    async with company.client(None) as nobody:
        assert_problem(await nobody.get("/v1/analytics/funnel"), 401, "auth.missing", "key")
