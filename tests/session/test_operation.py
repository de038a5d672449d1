"""An operation: told before and after, in whatever order that is heard, and never twice."""

from typing import Any

import pytest
from hypothesis import given as over
from hypothesis import strategies as some

from contracts.messages.operation import (
    BeginOperation,
    EndOperation,
    OperationBegun,
    OperationCommand,
    OperationEnded,
    OperationOutcome,
)
from services.session.deciders.operation import DECIDER
from tests.bdd import given
from tests.histories import events_of, played
from tests.session.words import an_id

SAID: dict[str, Any] = {"operation_id": an_id("operation"), "action": "rebuild", "target": "session.mongo-projector"}
BEGIN = BeginOperation(**SAID, options=("approve",))
END = EndOperation(**SAID, outcome=OperationOutcome.FAILED, error="Unavailable")
BOTH: list[OperationCommand] = [BEGIN, END]
BEGUN = OperationBegun(**SAID, options=("approve",))
ENDED = OperationEnded(**SAID, options=(), outcome=OperationOutcome.FAILED, error="Unavailable")


def test_the_beginning_is_noted_and_then_the_end() -> None:
    given(DECIDER).when(BEGIN).then(BEGUN).when(END).then(ENDED)


def test_an_end_whose_beginning_nobody_heard_of_is_noted() -> None:
    given(DECIDER).when(END).then(ENDED)


def test_a_repeat_is_no_news() -> None:
    given(DECIDER, BEGUN).when(BEGIN).then_nothing()
    given(DECIDER, BEGUN, ENDED).when(END).then_nothing()
    given(DECIDER, ENDED).when(BEGIN).then_nothing()


@over(some.lists(some.sampled_from(BOTH), max_size=6))
def test_whatever_is_told_nothing_is_refused_and_nothing_follows_the_end(commands: list[OperationCommand]) -> None:
    steps = played(DECIDER, commands)
    assert {step.refused for step in steps} <= {""}
    assert [event.TYPE for event in events_of(steps)] in (
        [],
        ["operation.begun"],
        ["operation.ended"],
        ["operation.begun", "operation.ended"],
    )


@pytest.mark.parametrize(
    "wrong", [{"action": ""}, {"action": "a" * 61}, {"target": "a" * 301}, {"options": ("",)}, {"options": ("a",) * 21}]
)
def test_what_is_said_of_it_is_bounded(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        BeginOperation.model_validate({**SAID, **wrong})
