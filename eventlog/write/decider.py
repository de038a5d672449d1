"""A decider: how one category of streams takes a wish and what it makes of facts. Pure, all of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from contracts.model import CommandBody, EventBody

State = TypeVar("State")


@dataclass(frozen=True, slots=True)
class Decider(Generic[State]):
    """The rules of one category of streams.

    `decide(state, command, at)` returns the events that follow, none when the command asks for what is so already,
    or raises `Refused`; `at` is the command's own time, the only one that a rule sees. `evolve(state, event)` folds.
    States are msgspec structs (a tagged union), so that a ledger can keep them; `version` is raised whenever the
    shape or the meaning of the state changes, and old ledgers are then folded anew. `subject` is the account that the
    stream is about, where it is about one: what is personal in its events stands under that account's key, and commands
    that are `only_of` another account do not reach it.
    """

    category: str
    version: int
    initial: State
    state_type: Any
    evolve: Callable[[State, Any], State]
    decide: Callable[[State, Any, datetime], Sequence[EventBody]]
    commands: tuple[type[CommandBody], ...]
    subject: Callable[[State], UUID | None] = lambda _state: None
