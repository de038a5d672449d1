"""Numbers for charts: what my own use took, and every metric of what is mine, by day."""

from datetime import date
from decimal import Decimal
from typing import Any, Final

from fastapi import APIRouter
from pydantic import JsonValue
from pydantic.alias_generators import to_camel
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.access.callers import Caller
from services.gateway.http.problems import Problem
from services.gateway.http.view import View
from services.gateway.lists.days import First, Last, days_of
from services.gateway.ports.gateway import gateway_of
from services.gateway.ports.tables import Row
from services.gateway.reading.statements import DEFINITIONS
from services.gateway.routes.answers import answered, said

router = APIRouter(prefix="/v1", tags=["analytics"])

MOST_ROWS: Final = 5_000


class MetricView(View):
    """A metric: its rows, oldest day first. `complete` is false where there are more than are answered."""

    metric: str
    definition: str
    first_day: date
    last_day: date
    rows: list[dict[str, JsonValue]]
    complete: bool


class MetricNames(View):
    """Every metric, and what it means."""

    metrics: dict[str, str]


class UsageSums(View):
    """Uses of providers. Money in millionths of a US dollar; latencies are sums, too."""

    calls: int
    prompt_tokens: int
    completion_tokens: int
    tokens_used: int
    cost_micro_usd: int
    latency_ms: int


class UsageOfModel(UsageSums):
    """One model on one day. `priceBook`: the edition of the price book; null where it has no price for the model."""

    day: date
    provider: str
    model: str
    price_book: int | None = None


class MyUsage(View):
    """What an account's use took, newest day first."""

    first_day: date
    last_day: date
    totals: UsageSums
    days: list[UsageOfModel]


@router.get("/me/usage", operation_id="getMyUsage", summary="What my use took", responses=said(ok=MyUsage))
async def my_usage(request: Request, caller: Caller, first: First = None, last: Last = None) -> Response:
    """By day and model, at the prices of the time of each call."""
    gateway = gateway_of(request)
    days = days_of(gateway, first, last)
    rows = await gateway.tables.usage_by_day(caller.reach, days, caller.account)
    shown = [UsageOfModel.model_validate(row) for row in rows]
    totals = UsageSums.model_validate(
        {name: sum(getattr(one, name) for one in shown) for name in UsageSums.model_fields}
    )
    return answered(MyUsage(first_day=days.first, last_day=days.last, totals=totals, days=shown))


@router.get(
    "/analytics", operation_id="listMetrics", summary="Which metrics are there?", responses=said(ok=MetricNames)
)
async def names(_caller: Caller) -> Response:
    """The name of each metric, and its one definition."""
    return answered(MetricNames(metrics=dict(DEFINITIONS)))


@router.get(
    "/analytics/{metric}",
    operation_id="getMetric",
    summary="A metric, for a chart",
    responses=said("metric.unknown", ok=MetricView),
)
async def metric(request: Request, caller: Caller, metric: str, first: First = None, last: Last = None) -> Response:
    """Of what is mine, to whoever administers of his tenant; of the last 30 days, or of up to 366 others."""
    gateway = gateway_of(request)
    if metric not in DEFINITIONS:
        raise Problem("metric.unknown", f"There is no metric {metric[:80]!r}; there are {', '.join(DEFINITIONS)}.")
    days = days_of(gateway, first, last)
    rows = await gateway.tables.metric(caller.reach, metric, days, MOST_ROWS + 1)
    view = MetricView(
        metric=metric,
        definition=DEFINITIONS[metric],
        first_day=days.first,
        last_day=days.last,
        rows=[_shown(row) for row in rows[:MOST_ROWS]],
        complete=len(rows) <= MOST_ROWS,
    )
    return answered(view)


def _shown(row: Row) -> dict[str, JsonValue]:
    return {to_camel(name): _plain(value) for name, value in row.items()}


def _plain(value: Any) -> JsonValue:
    """As JSON has it: a day as text, a ratio as a number."""
    match value:
        case date():
            return value.isoformat()
        case Decimal():
            return float(value)
        case _:
            return value
