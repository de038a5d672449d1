"""What an account may have: one plan each, as data.

An account is on a plan by its name; the role premium gives at least what the plan premium does. A name that stands
not here, one of an older or a newer edition, counts as the first plan.
"""

from typing import Final, NamedTuple

from contracts.messages.roles import Role


class Plan(NamedTuple):
    """Limits of an account.

    `priority`: its jobs go before those of a smaller one. `share`: how many times the usual number of jobs its tenant
    may have at work while this one is next. `open_jobs`: how many of its jobs may have points set aside at a time.
    `files`, `file_bytes`: what it may keep of its own files; `files_at_once`: how many of them may come at a time.
    """

    name: str
    priority: int
    share: int
    open_jobs: int
    reads_per_minute: int
    writes_per_minute: int
    files: int
    file_bytes: int
    files_at_once: int


FREE: Final = Plan(
    "free",
    priority=0,
    share=1,
    open_jobs=50,
    reads_per_minute=600,
    writes_per_minute=60,
    files=200,
    file_bytes=10 << 30,
    files_at_once=6,
)
PREMIUM: Final = Plan(
    "premium",
    priority=10,
    share=2,
    open_jobs=500,
    reads_per_minute=6_000,
    writes_per_minute=600,
    files=2_000,
    file_bytes=100 << 30,
    files_at_once=12,
)
PLANS: Final = (FREE, PREMIUM)
"""From the smallest to the largest: none has less of anything than the one before."""

ANYBODY: Final = FREE._replace(name="anybody", open_jobs=0, files=0, file_bytes=0, files_at_once=0)
"""What an address may ask for without a key."""

PATIENCE_SECONDS: Final = 600
"""A job that waited so long goes with those of the largest plan: being first is no reason to leave others standing."""


def plan_of(name: str, role: Role = Role.USER) -> Plan:
    """The plan that gives an account its limits."""
    named = next((plan for plan in PLANS if plan.name == name), FREE)
    return max(named, PREMIUM, key=PLANS.index) if role is Role.PREMIUM else named


def share_of(priority: int) -> int:
    """How many times the usual number of jobs may be at work where a job of this priority is next."""
    return max(plan.share for plan in PLANS if plan is FREE or plan.priority <= priority)
