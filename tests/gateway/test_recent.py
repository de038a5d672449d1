"""What a gateway remembers having done has an end, and forgetting costs a repetition and nothing else."""

from uuid import UUID

from services.gateway.ports.recent import Recent
from tests.gateway.decided import DecidedWorld
from tests.gateway.test_bad_input import GOOD


def test_the_id_that_was_named_longest_ago_is_forgotten_first() -> None:
    recent = Recent(most=2)
    first, second, third = (UUID(int=n) for n in range(3))
    recent.add(first)
    recent.add(second)
    assert first in recent
    recent.add(third)
    assert [one in recent for one in (first, second, third)] == [True, False, True]


def test_however_many_are_named_only_so_many_are_kept() -> None:
    recent = Recent(most=10)
    for n in range(1_000):
        recent.add(UUID(int=n % 500))
    assert len(recent) == 10


async def test_an_account_that_was_forgotten_is_registered_again_and_that_is_no_news() -> None:
    world = DecidedWorld()
    for _ in range(2):
        async with world.client(registered=Recent(most=1)) as client:
            assert (await client.post("/v1/sessions", json=GOOD)).status_code == 202
    assert len(world.sender.commands("RegisterAccount")) == 2
    async with world.client() as client:
        credits_ = (await client.get("/v1/me/credits")).json()
    assert [one["kind"] for one in credits_["items"]].count("granted") == 1
