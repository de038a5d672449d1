"""An account: each command with its possible outcomes. Happened, refused, or no news because it is so already."""

from uuid import uuid5

import pytest

from contracts.messages.access import ChangePlan
from contracts.messages.account import (
    AccountCommand,
    AccountKind,
    AccountRegistered,
    CreditsGranted,
    CreditsRefunded,
    CreditsReserved,
    CreditsSettled,
    GrantCredits,
    RefundCredits,
    ReserveCredits,
    Role,
    SettleCredits,
)
from contracts.plans import FREE
from services.session.deciders.account import CLOSED_KEPT, DECIDER, STARTER_REASON
from tests.bdd import Given, given
from tests.session.words import ACCOUNT, JOB, SESSION, an_id, register

RESERVE = ReserveCredits(job_id=JOB, session_id=SESSION, run=1, amount=12, enforce=True)
SETTLE = SettleCredits(job_id=JOB, run=1, actual=4)
REFUND = RefundCredits(job_id=JOB, session_id=SESSION, run=1, reason="job.failed")
GRANT = GrantCredits(entry_id=an_id("gift"), amount=5, reason="a gift")


def opened(starter_grant: int = 100) -> Given:
    return given(DECIDER).after(register(starter_grant))


def refunded(amount: int, balance_after: int) -> CreditsRefunded:
    return CreditsRefunded(
        account_id=ACCOUNT,
        entry_id=uuid5(JOB, "refunded 1"),
        job_id=JOB,
        session_id=SESSION,
        run=1,
        amount=amount,
        balance_after=balance_after,
        reason="job.failed",
    )


def settled(actual: int, amount: int, balance_after: int) -> CreditsSettled:
    return CreditsSettled(
        account_id=ACCOUNT,
        entry_id=uuid5(JOB, "settled 1"),
        job_id=JOB,
        session_id=SESSION,
        run=1,
        actual=actual,
        amount=amount,
        balance_after=balance_after,
    )


def test_an_account_opens_with_its_starter_grant_once() -> None:
    after = (
        given(DECIDER)
        .when(register())
        .then(
            AccountRegistered(
                account_id=ACCOUNT, kind=AccountKind.DEMO, address="", name="Ada", plan="free", role=Role.USER
            ),
            CreditsGranted(
                account_id=ACCOUNT,
                entry_id=uuid5(ACCOUNT, STARTER_REASON),
                amount=100,
                balance_after=100,
                reason=STARTER_REASON,
            ),
        )
    )
    after.when(register()).then_nothing()
    after.when(register(starter_grant=500)).then_nothing()


def test_without_a_starter_grant_it_opens_empty() -> None:
    assert [event.TYPE for event in given(DECIDER).when(register(0)).decided()] == ["account.registered"]


@pytest.mark.parametrize("command", [GRANT, RESERVE, SETTLE, REFUND])
def test_where_there_is_no_account_everything_else_is_refused(command: AccountCommand) -> None:
    given(DECIDER).when(command).refused("account.unknown")


def test_a_grant_is_given_once() -> None:
    after = (
        opened()
        .when(GRANT)
        .then(CreditsGranted(account_id=ACCOUNT, entry_id=an_id("gift"), amount=5, balance_after=105, reason="a gift"))
    )
    after.when(GRANT).then_nothing()


def test_a_reservation_takes_the_estimate_once() -> None:
    after = (
        opened()
        .when(RESERVE)
        .then(
            CreditsReserved(
                account_id=ACCOUNT,
                entry_id=uuid5(JOB, "reserved 1"),
                job_id=JOB,
                session_id=SESSION,
                run=1,
                amount=-12,
                balance_after=88,
            )
        )
    )
    after.when(RESERVE).then_nothing()


def test_each_run_of_a_job_has_its_own_reservation() -> None:
    again = opened().after(RESERVE).when(RESERVE.model_copy(update={"run": 2})).decided()
    assert isinstance(again[0], CreditsReserved)
    assert again[0].balance_after == 76


def test_what_the_account_does_not_have_is_refused_where_that_is_enforced() -> None:
    opened(11).when(RESERVE).refused("quota.exceeded")
    opened(12).after(RESERVE).when(RESERVE.model_copy(update={"run": 2})).refused("quota.exceeded")


def test_what_the_account_does_not_have_is_a_debt_where_nothing_is_enforced() -> None:
    (reserved,) = opened(11).when(RESERVE.model_copy(update={"enforce": False})).decided()
    assert isinstance(reserved, CreditsReserved)
    assert reserved.balance_after == -1


def test_settling_takes_what_was_used_and_gives_back_the_rest_once() -> None:
    after = opened().after(RESERVE).when(SETTLE).then(settled(actual=4, amount=8, balance_after=96))
    after.when(SETTLE).then_nothing()
    after.when(REFUND).then_nothing()
    after.when(RESERVE).then_nothing()


def test_settling_never_takes_more_than_was_reserved() -> None:
    more = SETTLE.model_copy(update={"actual": 13})
    opened().after(RESERVE).when(more).then(settled(actual=12, amount=0, balance_after=88))


def test_what_was_never_reserved_is_not_settled() -> None:
    opened().when(SETTLE).then_nothing()


def test_a_refund_gives_back_everything_once() -> None:
    after = opened().after(RESERVE).when(REFUND).then(refunded(amount=12, balance_after=100))
    after.when(REFUND).then_nothing()
    after.when(SETTLE).then_nothing()


def test_a_refund_that_comes_first_makes_the_reservation_void() -> None:
    after = opened().when(REFUND).then(refunded(amount=0, balance_after=100))
    after.when(REFUND).then_nothing()
    after.when(RESERVE).then_nothing()


def test_a_busy_account_remembers_the_reservations_that_it_closed_last() -> None:
    others = [REFUND.model_copy(update={"job_id": an_id(number)}) for number in range(CLOSED_KEPT - 1)]
    opened().after(REFUND, *others).when(RESERVE).then_nothing()


@pytest.mark.req(68)
def test_an_account_has_as_many_paid_jobs_under_way_as_its_plan_says_and_no_more() -> None:
    def another(number: int) -> ReserveCredits:
        return ReserveCredits(job_id=an_id(number), session_id=SESSION, run=1, amount=0, enforce=True)

    full = opened().after(*(another(number) for number in range(FREE.open_jobs)))
    full.when(another(-1)).refused("quota.exceeded")
    roomier = (
        full.after(RefundCredits(job_id=an_id(0), session_id=SESSION, run=1)).when(another(-1)),
        full.after(ChangePlan(plan="premium")).when(another(-1)),
        full.when(another(-1).model_copy(update={"enforce": False})),
    )
    assert [type(event) for when in roomier for event in when.decided()] == [CreditsReserved] * 3
