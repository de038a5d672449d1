"""Who may act for an account: each command with its possible outcomes."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.messages.access import (
    AccessCommand,
    ChangePlan,
    ChangeRole,
    ErasureRequested,
    IdentityLinked,
    IdentityUnlinked,
    IssueKey,
    KeyIssued,
    KeyRevoked,
    LinkIdentity,
    PlanChanged,
    RequestErasure,
    RevokeKey,
    RoleChanged,
    SignedIn,
    SignedOut,
    SignIn,
    SignOut,
    UnlinkIdentity,
)
from contracts.messages.account import AccountKind, GrantCredits, RefundCredits, ReserveCredits, Role, SettleCredits
from contracts.messages.roles import Scope
from services.session.deciders.access import MOST_IDENTITIES, MOST_KEYS, MOST_LOGINS
from services.session.deciders.account import DECIDER
from tests.bdd import NOON, Given, given
from tests.session.words import ACCOUNT, JOB, SESSION, an_id, register

KEY, LOGIN = an_id("key"), an_id("login")
DIGEST = "ab" * 32
STANDING: dict[str, Any] = {"account_id": ACCOUNT, "kind": AccountKind.DEMO, "role": Role.USER, "plan": "free"}
LATER = NOON + timedelta(hours=1)


def issue(key_id: UUID = KEY, expires_at: datetime | None = None, *scopes: Scope) -> IssueKey:
    return IssueKey(
        key_id=key_id, digest=DIGEST, prefix="ph_1234", scopes=scopes or (Scope.READ,), expires_at=expires_at
    )


def sign_in(name: object = "login", expires_at: datetime = LATER) -> SignIn:
    return SignIn(login_id=an_id(name), digest=DIGEST, method="wallet", expires_at=expires_at)


LINK = LinkIdentity(provider="https://id.example", digest=DIGEST)
ENDS = (RevokeKey(key_id=KEY), SignOut(login_id=LOGIN), UnlinkIdentity(digest=DIGEST))
BEGINS = (issue(), sign_in(), LINK, ChangePlan(plan="pro"), ChangeRole(role=Role.PREMIUM))


def standing(**changed: Any) -> dict[str, Any]:
    return {**STANDING, **changed}


def opened() -> Given:
    return given(DECIDER).after(register())


def test_a_key_is_issued_once_and_revoked_once() -> None:
    written = KeyIssued(
        **STANDING, key_id=KEY, digest=DIGEST, prefix="ph_1234", name="", scopes=(Scope.READ,), expires_at=None
    )
    after = opened().when(issue()).then(written)
    after.when(issue()).then_nothing()
    ended = after.when(RevokeKey(key_id=KEY)).then(KeyRevoked(account_id=ACCOUNT, key_id=KEY))
    ended.when(RevokeKey(key_id=KEY)).then_nothing()


def test_an_admins_key_is_for_an_admin() -> None:
    opened().when(issue(KEY, None, Scope.ADMIN)).refused("key.scope")
    decided = opened().after(ChangeRole(role=Role.ADMIN)).when(issue(KEY, None, Scope.ADMIN)).decided()
    assert [event.TYPE for event in decided] == ["account.key_issued"]


def test_a_key_ends_in_the_future() -> None:
    opened().when(issue(KEY, NOON)).refused("key.expired")


def test_an_account_has_a_bounded_number_of_live_keys() -> None:
    full = opened().after(*(issue(an_id(n), LATER) for n in range(MOST_KEYS)))
    full.when(issue()).refused("key.too_many")
    decided = full.when(issue(), LATER).decided()
    assert [event.TYPE for event in decided] == ["account.key_revoked"] * MOST_KEYS + ["account.key_issued"]


def test_a_login_begins_once_and_ends_once() -> None:
    written = SignedIn(**STANDING, login_id=LOGIN, digest=DIGEST, method="wallet", expires_at=LATER)
    after = opened().when(sign_in()).then(written)
    after.when(sign_in()).then_nothing()
    ended = after.when(SignOut(login_id=LOGIN)).then(SignedOut(account_id=ACCOUNT, login_id=LOGIN))
    ended.when(SignOut(login_id=LOGIN)).then_nothing()


def test_a_new_login_ends_the_oldest_where_there_are_too_many() -> None:
    full = opened().after(*(sign_in(n, LATER + timedelta(seconds=n)) for n in range(MOST_LOGINS)))
    ended, begun = full.when(sign_in()).decided()
    assert ended == SignedOut(account_id=ACCOUNT, login_id=an_id(0))
    assert isinstance(begun, SignedIn)


def test_an_identity_is_linked_once_and_unlinked_once() -> None:
    written = IdentityLinked(**STANDING, provider="https://id.example", digest=DIGEST)
    after = opened().when(LINK).then(written)
    after.when(LINK).then_nothing()
    ended = after.when(UnlinkIdentity(digest=DIGEST)).then(IdentityUnlinked(account_id=ACCOUNT, digest=DIGEST))
    ended.when(UnlinkIdentity(digest=DIGEST)).then_nothing()


def test_an_account_has_a_bounded_number_of_identities() -> None:
    links = (LinkIdentity(provider="p", digest=f"{n:064x}") for n in range(MOST_IDENTITIES))
    opened().after(*links).when(LINK).refused("identity.too_many")


def test_plan_and_role_change_once() -> None:
    pro = opened().when(ChangePlan(plan="pro")).then(PlanChanged(**standing(plan="pro")))
    pro.when(ChangePlan(plan="pro")).then_nothing()
    premium = pro.when(ChangeRole(role=Role.PREMIUM)).then(RoleChanged(**standing(plan="pro", role=Role.PREMIUM)))
    premium.when(ChangeRole(role=Role.PREMIUM)).then_nothing()


def test_a_closed_account_has_no_credentials_and_gets_none() -> None:
    open_ = opened().after(issue(), sign_in(), LINK)
    closed = open_.when(RequestErasure()).then(ErasureRequested(**STANDING))
    closed.when(RequestErasure()).then_nothing()
    for end in ENDS:
        closed.when(end).then_nothing()
    for begin in BEGINS:
        closed.when(begin).refused("account.closed")


def test_a_closed_account_takes_no_points_but_settles_what_was_open() -> None:
    reserve = ReserveCredits(job_id=JOB, session_id=SESSION, run=1, amount=12, enforce=True)
    closed = opened().after(reserve, RequestErasure())
    closed.when(GrantCredits(entry_id=an_id("gift"), amount=5)).refused("account.closed")
    closed.when(reserve.model_copy(update={"run": 2})).refused("account.closed")
    assert closed.when(SettleCredits(job_id=JOB, run=1, actual=4)).decided()
    assert closed.when(RefundCredits(job_id=JOB, session_id=SESSION, run=1)).decided()


@pytest.mark.parametrize("command", [*BEGINS, *ENDS, RequestErasure()])
def test_where_there_is_no_account_nothing_begins_or_ends(command: AccessCommand) -> None:
    given(DECIDER).when(command).refused("account.unknown")
