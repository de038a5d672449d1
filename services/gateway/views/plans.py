"""The limits of an account as the API answers them."""

from enum import StrEnum

from pydantic import Field

from contracts.messages.roles import Role
from contracts.plans import plan_of
from services.gateway.http.view import View


class PlanName(StrEnum):
    """The plans that an account may be put on: each of `contracts.plans`, which a test holds this to."""

    FREE = "free"
    PREMIUM = "premium"


class LimitsView(View):
    """What a plan gives. Reads and writes are counted by the minute."""

    plan: str = Field(description="The plan that counts: the account's own, or what its role gives.")
    priority: int = Field(description="Jobs with a higher one go first.")
    share: int = Field(description="How many times the usual number of jobs may be at work.")
    open_jobs: int = Field(description="How many paid jobs may be under way at a time.")
    reads_per_minute: int
    writes_per_minute: int
    files: int = Field(description="How many files of its own the account may have.")
    file_bytes: int = Field(description="How many bytes they may have together.")
    files_at_once: int = Field(description="How many of them may come at a time.")


class Me(View):
    """Whoever asks, and what he may have."""

    tenant: str
    account_id: str
    actor: str
    role: str
    plan: str
    balance: int
    limits: LimitsView


def limits_view(plan: str, role: Role) -> LimitsView:
    """The limits of an account on that plan, with that role."""
    found = plan_of(plan, role)
    return LimitsView(plan=found.name, **{name: value for name, value in found._asdict().items() if name != "name"})
