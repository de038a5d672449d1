"""The domain of the simulator: accounts that may not be overdrawn, and a book that each withdrawal is noted in.

Two versions of the code run at once. Version 2 rewards a large deposit with an event that version 1 has never heard
of, and has one more rule in front of the policies that both have.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from contracts.catalog import Catalog
from contracts.envelope import Commit
from contracts.model import CommandBody, EventBody
from eventlog.commit import Link, link, start
from eventlog.errors import Refused
from eventlog.read.projection import Fact, Journal, Projection, Row, View
from eventlog.write.decider import Decider
from eventlog.write.policy import Ask, Heard, Policy

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
UNLUCKY = 13
"""The amount that breaks the rule which decides it."""
REWARDED_FROM = 40
PAGES = 3
"""As many withdrawals as a book takes."""


class Deposit(CommandBody):
    TYPE: ClassVar[str] = "Deposit"
    amount: int


class Withdraw(CommandBody):
    TYPE: ClassVar[str] = "Withdraw"
    amount: int


class Note(CommandBody):
    TYPE: ClassVar[str] = "Note"
    amount: int


class Deposited(EventBody):
    TYPE: ClassVar[str] = "account.deposited"
    amount: int


class Withdrawn(EventBody):
    TYPE: ClassVar[str] = "account.withdrawn"
    amount: int


class Rewarded(EventBody):
    TYPE: ClassVar[str] = "account.rewarded"
    points: int


class Noted(EventBody):
    TYPE: ClassVar[str] = "book.noted"
    amount: int


class Account(msgspec.Struct, frozen=True, tag=True):
    balance: int = 0
    points: int = 0


class Book(msgspec.Struct, frozen=True, tag=True):
    amounts: tuple[int, ...] = ()


def evolve_account(account: Account, event: EventBody) -> Account:
    match event:
        case Deposited(amount=amount):
            return Account(account.balance + amount, account.points)
        case Withdrawn(amount=amount):
            return Account(account.balance - amount, account.points)
        case Rewarded(points=points):
            return Account(account.balance, account.points + points)
        case _:
            raise TypeError(f"{event} does not happen to an account")


def decide_account(account: Account, command: Deposit | Withdraw, at: datetime) -> Sequence[EventBody]:
    if command.amount == UNLUCKY:
        raise ZeroDivisionError("a rule that breaks")
    if command.amount == 0:
        return []
    match command:
        case Deposit(amount=amount):
            return [Deposited(amount=amount)]
        case Withdraw(amount=amount):
            if amount > account.balance:
                raise Refused("account.overdrawn", f"{account.balance} are there")
            return [Withdrawn(amount=amount)]


def decide_account_newer(account: Account, command: Deposit | Withdraw, at: datetime) -> Sequence[EventBody]:
    events = decide_account(account, command, at)
    large = [event for event in events if isinstance(event, Deposited) and event.amount >= REWARDED_FROM]
    return [*events, *(Rewarded(points=event.amount // 10) for event in large)]


def evolve_book(book: Book, event: Noted) -> Book:
    return Book((*book.amounts, event.amount))


def decide_book(book: Book, command: Note, at: datetime) -> Sequence[EventBody]:
    if len(book.amounts) >= PAGES:
        raise Refused("book.full", str(command.amount))
    return [Noted(amount=command.amount)]


def _greet(heard: Heard) -> Iterable[Ask]:
    """Only version 2 has this rule, and it comes first: what is numbered from here on is numbered otherwise."""
    if isinstance(heard.body, Noted) and heard.version == 1:
        yield Ask("greet", heard.stream.replace("book-", "account-"), Deposit(amount=1))


def _note(heard: Heard) -> Iterable[Ask]:
    if isinstance(heard.body, Withdrawn):
        yield Ask("note", heard.stream.replace("account-", "book-"), Note(amount=heard.body.amount))


def _give_back(heard: Heard) -> Iterable[Ask]:
    if heard.refusal is not None and heard.refusal.code == "book.full":
        yield Ask("give_back", heard.stream.replace("book-", "account-"), Deposit(amount=int(heard.refusal.detail)))


def _fold(view: View, fact: Fact) -> View:
    seen = int(view[0]["version"]) if view else 0
    if fact.version != seen + 1:
        raise ValueError(f"{fact.stream} stands at {seen}, the next event claims {fact.version}")
    total = int(view[0]["total"]) if view else 0
    match fact.body:
        case Deposited(amount=amount) | Noted(amount=amount):
            total += amount
        case Withdrawn(amount=amount):
            total -= amount
        case _:
            pass
    return ({"_id": fact.stream, "version": fact.version, "total": total, "last": str(fact.id)},)


def _outcome(commit: Commit, facts: Sequence[Fact]) -> Sequence[Row]:
    code = commit.refusal.code if commit.refusal else "done"
    return [{"_id": str(commit.command_id), "outcome": code, "version": commit.version, "events": len(facts)}]


class Code:
    """One version of everything that is pure."""

    def __init__(self, version: int, deciders: Iterable[Decider[Any]], catalog: Catalog, policies: Iterable[Policy]):
        self.version = version
        self.deciders = tuple(deciders)
        self.catalog = catalog
        self.policies = tuple(policies)
        self.projections = (
            Projection("accounts", 1, "account", _fold),
            Projection("books", 1, "book", _fold),
        )
        self.journals = (Journal("outcomes", 1, _outcome),)


_BOOK = Decider("book", 1, Book(), Book, evolve_book, decide_book, (Note,))
_COMMANDS = (Deposit, Withdraw, Note)
OLDER = Code(
    1,
    [Decider("account", 1, Account(), Account, evolve_account, decide_account, (Deposit, Withdraw)), _BOOK],
    Catalog(_COMMANDS, [Deposited, Withdrawn, Noted]),
    [_note, _give_back],
)
NEWER = Code(
    2,
    [Decider("account", 2, Account(), Account, evolve_account, decide_account_newer, (Deposit, Withdraw)), _BOOK],
    Catalog(_COMMANDS, [Deposited, Withdrawn, Rewarded, Noted]),
    [_greet, _note, _give_back],
)
CODES = {code.version: code for code in (OLDER, NEWER)}


def genesis(topic: str, partition: int, life: int = 0) -> Link:
    """The first record of a log: it has an id of its own, so no other log's records fit."""
    commit = Commit(
        stream=f"log-{partition}",
        version=0,
        command_id=UUID(int=100 * life + partition + 1),
        command_type="OpenLog",
        payload_hash="0" * 32,
        at=NOON,
        tenant="",
        actor="simulator",
    )
    return link(start(topic, partition).head, b"log", msgspec.json.encode(commit))
