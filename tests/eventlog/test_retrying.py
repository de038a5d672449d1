"""A read is asked three times, and only where asking again can help."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

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


@pytest.mark.req(34)
async def test_of_reads_that_fail_at_first_ninety_five_in_a_hundred_are_answered_all_the_same() -> None:
    """Each time that the store is asked it fails in one of seven: worse than a server that is well ever is."""
    dice = Random(34)
    faults = [[dice.random() < 1 / 7 for _ in range(9)] for _ in range(2_000)]
    failing_first = [faults_of_one for faults_of_one in faults if faults_of_one[0]]
    answers = await asyncio.gather(
        *(read(30, failing(one.index(False), Unavailable("MongoDB", "AutoReconnect"))[0]) for one in failing_first),
        return_exceptions=True,
    )
    assert len(failing_first) > 200
    assert answers.count("the answer") / len(answers) >= 0.95
