"""A read is asked three times, and only where asking again can help."""

from collections.abc import Awaitable, Callable

import pytest

from eventlog.errors import Conflict, PlayheadError, Unavailable
from eventlog.read.mongo.retrying import ATTEMPTS, read


def failing(times: int, error: PlayheadError) -> tuple[Callable[[], Awaitable[str]], list[int]]:
    """What answers after so many errors, and a note of each time that it was asked."""
    asked: list[int] = []

    async def ask() -> str:
        asked.append(len(asked) + 1)
        if len(asked) <= times:
            raise error
        return "the answer"

    return ask, asked


@pytest.mark.req(28)
@pytest.mark.parametrize("times", range(ATTEMPTS))
async def test_an_answer_that_comes_late_is_an_answer(times: int) -> None:
    ask, asked = failing(times, Unavailable("MongoDB", "AutoReconnect"))
    assert await read(5, ask) == "the answer"
    assert asked == list(range(1, times + 2))


@pytest.mark.req(28)
async def test_three_errors_are_enough() -> None:
    ask, asked = failing(9, Unavailable("MongoDB", "AutoReconnect"))
    with pytest.raises(Unavailable):
        await read(5, ask)
    assert asked == [1, 2, 3]


async def test_what_asking_again_cannot_help_is_not_asked_again() -> None:
    ask, asked = failing(1, Conflict("the history is gone"))
    with pytest.raises(Conflict):
        await read(5, ask)
    assert asked == [1]
