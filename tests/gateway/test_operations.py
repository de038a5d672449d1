"""What operators do from a shell: told to the admins of their own tenant, and to nobody else."""

import httpx
import pytest

from eventlog.errors import Conflict
from ops.operations import Trail, told
from tests.gateway import test_admin
from tests.gateway.company import Company
from tests.gateway.test_admin import BOSS, pages
from tests.gateway.world import THEM

OPERATIONS = "/v1/admin/operations"
admin, company = test_admin.admin, test_admin.company


async def operate(company: Company, tenant: str) -> None:
    """A rebuild that differed, and a reset that failed."""
    trail = Trail(tenant, "operator:ada", company.take, lambda: company.gateway.moment)
    async with told(trail, "rebuild", "analytics.jobs-projector", ["throttle=5"], before=True) as operation:
        operation.ended(1)
    with pytest.raises(Conflict):
        async with told(trail, "reset", "", [], before=True):
            raise Conflict("SECRET text")


@pytest.mark.req(69)
async def test_an_admin_of_the_operators_tenant_reads_who_did_what_and_what_came_of_it(
    admin: httpx.AsyncClient, company: Company
) -> None:
    await operate(company, BOSS.tenant)
    rows = await pages(admin, OPERATIONS)
    assert sorted((row["action"], row["outcome"] or "begins", row["error"]) for row in rows) == [
        ("rebuild", "begins", ""),
        ("rebuild", "wrong", ""),
        ("reset", "begins", ""),
        ("reset", "failed", "Conflict"),
    ]
    assert {row["actor"] for row in rows} == {"operator:ada"}
    assert len({row["operationId"] for row in rows}) == 2
    (throttled,) = {(row["target"], *row["options"]) for row in rows if row["action"] == "rebuild"}
    assert throttled == ("analytics.jobs-projector", "throttle=5")
    assert await pages(admin, OPERATIONS, actor="operator:eve") == []
    assert "SECRET" not in str(rows)


@pytest.mark.req(67, 69)
async def test_no_other_tenant_hears_of_it_and_the_trail_of_the_tenants_own_things_stays_as_it_was(
    admin: httpx.AsyncClient, company: Company
) -> None:
    before = await pages(admin, "/v1/admin/audit")
    await operate(company, THEM.tenant)
    assert await pages(admin, OPERATIONS) == []
    await operate(company, BOSS.tenant)
    assert await pages(admin, "/v1/admin/audit") == before
