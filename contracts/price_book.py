"""What words of an online model cost: list prices of its provider, from the day on which they hold.

An edition holds every price that ever held, so the cost of a call is that of its day, and a corrected price restates
what it was wrong about. The database has the same book (`analytics.price_book`); a change here is a new edition, and a
migration that adds it there. A model that is not in the book costs what its caller says.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

EDITION: Final = 1
MILLION: Final = 1_000_000


class Price(NamedTuple):
    """Of a million tokens sent and of a million received, in micro-USD, from `valid_from` until the model's next."""

    model: str
    valid_from: datetime
    prompt_micro_usd: int
    completion_micro_usd: int


PRICES: Final[Sequence[Price]] = (
    Price("gpt-4o", datetime(2024, 5, 13, tzinfo=UTC), 5_000_000, 15_000_000),
    Price("gpt-4o", datetime(2024, 10, 2, tzinfo=UTC), 2_500_000, 10_000_000),
    Price("gpt-4o-mini", datetime(2024, 7, 18, tzinfo=UTC), 150_000, 600_000),
    Price("gpt-4.1", datetime(2025, 4, 14, tzinfo=UTC), 2_000_000, 8_000_000),
    Price("gpt-4.1-mini", datetime(2025, 4, 14, tzinfo=UTC), 400_000, 1_600_000),
    Price("gpt-4.1-nano", datetime(2025, 4, 14, tzinfo=UTC), 100_000, 400_000),
)


def cost_micro_usd(model: str, prompt_tokens: int, completion_tokens: int, at: datetime) -> int | None:
    """What the tokens cost at that time, half a micro-USD rounded up; None where the book has no price."""
    held = [price for price in PRICES if price.model == model and price.valid_from <= at]
    if not held:
        return None
    price = max(held, key=lambda one: one.valid_from)
    exact = prompt_tokens * price.prompt_micro_usd + completion_tokens * price.completion_micro_usd
    return (exact + MILLION // 2) // MILLION
