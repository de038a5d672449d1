"""What the kills cost is counted: each kind of harm shows, and nothing else."""

from uuid import UUID

import pytest

from ops.bench.rivals.counting import Wish, tally

STREAM, OTHER = UUID(int=100), UUID(int=200)
FIRST, SECOND, THIRD = (Wish(UUID(int=number), STREAM, number) for number in (1, 2, 3))
ELSEWHERE = Wish(UUID(int=9), OTHER, 1)
SENT = (FIRST, SECOND, ELSEWHERE, THIRD)
IN_ORDER = (FIRST.id, SECOND.id, ELSEWHERE.id, THIRD.id)
ALL = frozenset(IN_ORDER)


def test_what_was_done_once_and_in_order_is_sound() -> None:
    found = tally(SENT, ALL, IN_ORDER)
    assert found.sound
    assert found.kept == len(SENT)


def test_an_acknowledged_wish_without_effect_is_lost() -> None:
    found = tally(SENT, ALL, IN_ORDER[1:])
    assert (found.lost, found.doubled, found.disordered, found.kept) == (1, 0, 0, 3)
    assert not found.sound


def test_what_nobody_promised_may_be_missing() -> None:
    assert tally(SENT, ALL - {FIRST.id}, IN_ORDER[1:]).sound


def test_what_nobody_promised_may_not_be_done_twice() -> None:
    assert not tally(SENT, ALL - {FIRST.id}, (FIRST.id, *IN_ORDER)).sound


@pytest.mark.parametrize("again", IN_ORDER)
def test_a_second_effect_is_a_double_and_not_out_of_order(again: UUID) -> None:
    found = tally(SENT, ALL, (*IN_ORDER, again))
    assert (found.lost, found.doubled, found.disordered, found.kept) == (0, 1, 0, 3)
    assert not found.sound


def test_a_wish_done_after_a_later_one_of_its_stream_is_out_of_order() -> None:
    found = tally(SENT, ALL, (SECOND.id, FIRST.id, THIRD.id, ELSEWHERE.id))
    assert (found.lost, found.doubled, found.disordered, found.kept) == (0, 0, 1, 3)
    assert not found.sound


def test_effects_of_others_are_left_out() -> None:
    assert tally(SENT, ALL, (*IN_ORDER, UUID(int=77), UUID(int=77))).sound
