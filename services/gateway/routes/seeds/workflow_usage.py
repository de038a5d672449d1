"""The workflow application's `api_usage`: calls, tokens, cost and latency, one by one and in sums."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.access.callers import LegacyCaller
from services.gateway.lists.days import First, Last, days_of
from services.gateway.lists.paging import listing
from services.gateway.ports.gateway import gateway_of
from services.gateway.ports.tables import usage_place
from services.gateway.routes.answers import answered, said
from services.gateway.routes.seeds.workflow_views import UsagePage, totals_of, usage_day, usage_row

router = APIRouter(prefix="/api/usage", tags=["workflows"])


@router.get(
    "", operation_id="getUsageRows", summary="What providers took", responses=said("cursor.invalid", ok=UsagePage)
)
async def usage(
    request: Request,
    caller: LegacyCaller,
    first: First = None,
    last: Last = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=1024)] = None,
) -> Response:
    """Newest first; `totals` and `days` are of all of the time asked for, whatever the page."""
    gateway = gateway_of(request)
    days = days_of(gateway, first, last)
    question = f"usage\n{days!r}"
    asked = listing(gateway, caller, question, limit, cursor)
    found = await gateway.tables.usage(caller.reach, days, None, asked.after, asked.wanted)
    by_day = [usage_day(row) for row in await gateway.tables.usage_by_day(caller.reach, days, None)]
    page = UsagePage(
        items=[usage_row(row) for row in found[:limit]],
        nextCursor=asked.next_cursor(found, usage_place),
        hasMore=len(found) > limit,
        totals=totals_of(by_day),
        days=by_day,
    )
    return answered(page)
