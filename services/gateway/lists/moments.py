"""Moments that clients send, turned to UTC here: no store knows what lies before the year 1, or after 9999."""

from datetime import UTC, datetime
from typing import Annotated, TypeAlias

from fastapi import Query
from pydantic import AfterValidator, AwareDatetime


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("in UTC this is outside of the years 1 to 9999: send a moment inside of them") from error


GivenMoment: TypeAlias = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Since: TypeAlias = Annotated[GivenMoment | None, Query(description="From this moment on.")]
Until: TypeAlias = Annotated[GivenMoment | None, Query(description="Before this moment.")]
