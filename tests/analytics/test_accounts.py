"""A wallet's points are the balance of its account."""

from uuid import UUID

from contracts.messages.account import AccountKind, AccountRegistered, CreditsGranted, CreditsReserved, Role
from services.analytics.projections import wallet
from tests.analytics.stories import ACCOUNT, JOB, SESSION, rows

ENTRY = UUID(int=9)
REGISTERED = AccountRegistered(
    account_id=ACCOUNT, kind=AccountKind.WALLET, address="0xabc", name="", plan="free", role=Role.USER
)
GRANTED = CreditsGranted(account_id=ACCOUNT, entry_id=ENTRY, amount=100, balance_after=100, reason="starter")
RESERVED = CreditsReserved(
    account_id=ACCOUNT, entry_id=ENTRY, job_id=JOB, session_id=SESSION, run=1, amount=-3, balance_after=97
)


def test_points_are_the_balance_after_the_last_entry() -> None:
    [row] = rows(wallet.ACCOUNTS, [REGISTERED, GRANTED, RESERVED], f"account-{ACCOUNT}")
    assert (row["wallet_address"], row["prompt_points"]) == ("0xabc", 97)
