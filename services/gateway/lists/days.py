"""The days that a question is about: given, or the last thirty; never more than a year and a day."""

from datetime import date, timedelta
from typing import Annotated, Final

from fastapi import Query

from services.gateway.http.problems import Problem
from services.gateway.ports.gateway import Gateway
from services.gateway.ports.tables import Days

USUAL: Final = 30
MOST: Final = 366
FIRST_YEAR, LAST_YEAR = 2000, 2999

First = Annotated[date | None, Query(alias="from", description="The first day, UTC. Usually 30 days with the last.")]
Last = Annotated[date | None, Query(alias="to", description="The last day, UTC. Usually today.")]


def days_of(gateway: Gateway, first: date | None, last: date | None) -> Days:
    """The days asked for. Raises the problem for days that are none, or too many."""
    for name, day in (("from", first), ("to", last)):
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise Problem("value.invalid", f"{name}: {day} lies outside of the years {FIRST_YEAR} to {LAST_YEAR}.")
    today = gateway.now().date()
    last = last or (today if first is None else min(max(today, first), first + timedelta(days=MOST - 1)))
    first = first or last - timedelta(days=USUAL - 1)
    if not 0 <= (last - first).days < MOST:
        raise Problem(
            "value.invalid",
            f"from {first} to {last} is no time that can be asked about: the last day does not come before the first, "
            f"and together they are at most {MOST} days.",
        )
    return Days(first, last)
