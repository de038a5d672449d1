"""Plans: a larger one never has less, and whatever stands in no table is the smallest."""

from itertools import pairwise

import pytest

from contracts.messages.roles import Role
from contracts.plans import FREE, PLANS, PREMIUM, plan_of, share_of


@pytest.mark.req(68)
def test_a_larger_plan_has_more_of_everything() -> None:
    for small, large in pairwise(PLANS):
        assert all(more > less for more, less in zip(large[1:], small[1:], strict=True)), (small, large)


def test_the_role_premium_gives_what_the_plan_does_and_no_other_role_gives_anything() -> None:
    assert plan_of("free", Role.PREMIUM) == plan_of("premium") == plan_of("premium", Role.PREMIUM) == PREMIUM
    assert plan_of("free", Role.ADMIN) == plan_of("of an older edition") == FREE


def test_a_share_grows_with_the_priority_and_there_is_always_one() -> None:
    assert [share_of(n) for n in (-1, 0, 9, 10, 99)] == [1, 1, 1, PREMIUM.share, PREMIUM.share]
