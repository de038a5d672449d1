"""Money: whatever happens in whatever order, an account has what it was given less what its jobs were worth."""

from collections import Counter
from typing import NamedTuple
from uuid import UUID

import pytest

from contracts.messages.account import (
    CreditsGranted,
    CreditsRefunded,
    CreditsReserved,
    CreditsSettled,
)
from tests.flows.money import ACCOUNTS, Bank

SEEDS = 500
AT_ONCE = 50
MOVES = 40
LITTLE, MUCH = 6, 200


class Ledger(NamedTuple):
    """What an account's own stream says of it."""

    amounts: tuple[int, ...]
    balances: tuple[int, ...]
    opened: Counter[tuple[UUID, int]]
    closed: Counter[tuple[UUID, int]]

    @property
    def balance(self) -> int:
        return self.balances[-1] if self.balances else 0


def ledger(bank: Bank, account: UUID) -> Ledger:
    events = [
        one
        for one in bank.said_of(account)
        if isinstance(one, CreditsGranted | CreditsReserved | CreditsSettled | CreditsRefunded)
    ]
    return Ledger(
        tuple(one.amount for one in events),
        tuple(one.balance_after for one in events),
        Counter((one.job_id, one.run) for one in events if isinstance(one, CreditsReserved)),
        Counter((one.job_id, one.run) for one in events if isinstance(one, CreditsSettled | CreditsRefunded)),
    )


def owed(bank: Bank, account: UUID) -> int:
    """What the account's jobs cost and have set aside, by the bills."""
    mine = [bill for bill in bank.bills.values() if bill.account == account]
    return sum(sum(bill.charged.values()) + bill.set_aside for bill in mine)


def check(bank: Bank, *, enforce: bool) -> None:
    for account in ACCOUNTS:
        kept = ledger(bank, account)
        running = [sum(kept.amounts[: n + 1]) for n in range(len(kept.amounts))]
        assert list(kept.balances) == running, "the amounts of a ledger sum to its balance, at each entry"
        assert kept.balance == bank.granted[account] - owed(bank, account)
        assert set(kept.opened.values()) <= {1}, "a run is paid for once"
        assert set(kept.closed.values()) <= {1}, "a reservation ends once"
        assert not enforce or min(kept.balances) >= 0


def played(seed: int) -> tuple[Bank, bool]:
    enforce = seed % 3 != 0
    bank = Bank(seed, enforce=enforce, grant=LITTLE if seed % 2 else MUCH)
    bank.play(MOVES)
    return bank, enforce


@pytest.mark.req(61)
@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_no_point_is_lost_minted_or_charged_twice(first: int) -> None:
    for seed in range(first, first + AT_ONCE):
        bank, enforce = played(seed)
        try:
            check(bank, enforce=enforce)
        except AssertionError as error:
            error.add_note(f"seed {seed}")
            raise


@pytest.mark.parametrize("seed", range(20))
def test_everything_said_again_in_any_order_costs_nothing(seed: int) -> None:
    bank, enforce = played(seed)
    before = [ledger(bank, account) for account in ACCOUNTS]
    bank.everything_again()
    assert [ledger(bank, account) for account in ACCOUNTS] == before
    check(bank, enforce=enforce)


@pytest.mark.parametrize("seed", range(20))
def test_nothing_waits_for_its_points_for_ever(seed: int) -> None:
    bank, _ = played(seed)
    assert not [row for view in bank.queue.values() for row in view if row["held"] and row["state"] != "over"]


def test_chance_reaches_every_end_that_money_has() -> None:
    """The other tests would say nothing over games in which nothing was ever bought."""
    charged = partly = nothing = again = refused = 0
    for seed in range(100):
        bank, _ = played(seed)
        for bill in bank.bills.values():
            charged += sum(points > 0 for points in bill.charged.values())
            partly += sum(0 < points < bill.estimate for points in bill.charged.values())
            nothing += sum(points == 0 for points in bill.charged.values())
            again += bill.run > 1
        refused += sum(commit.refusal is not None for commit in bank.session.commits())
    assert min(charged, partly, nothing, again, refused) >= 10
