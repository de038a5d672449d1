"""An operation: what an operator does to the machine itself. It is told, not decided: nothing is refused.

    Untold ──begun──► Begun ──ended──► Ended
       └──────────────ended──────────────┘        nobody could hear of the beginning

What is told after the end is no news.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

import msgspec

from contracts.messages.operation import (
    BeginOperation,
    EndOperation,
    OperationBegun,
    OperationCommand,
    OperationEnded,
    OperationEvent,
)
from eventlog.write.decider import Decider


class Untold(msgspec.Struct, frozen=True, tag=True):
    """Nobody has heard of it."""


class Begun(msgspec.Struct, frozen=True, tag=True):
    """It goes on, or was killed."""


class Ended(msgspec.Struct, frozen=True, tag=True):
    """It is over."""


Operation: TypeAlias = Untold | Begun | Ended


def evolve(state: Operation, event: OperationEvent) -> Operation:
    """The operation after the event."""
    match state, event:
        case _, OperationEnded():
            return Ended()
        case Untold(), OperationBegun():
            return Begun()
        case ((Begun() | Ended()), OperationBegun()):
            return state


def decide(state: Operation, command: OperationCommand, _at: datetime) -> Sequence[OperationEvent]:
    """What is noted of the operation."""
    match state, command:
        case Untold(), BeginOperation():
            return [OperationBegun(**command.model_dump())]
        case ((Untold() | Begun()), EndOperation()):
            return [OperationEnded(**command.model_dump())]
        case (Begun(), BeginOperation()) | (Ended(), _):
            return []


DECIDER: Decider[Operation] = Decider(
    category="operation",
    version=1,
    initial=Untold(),
    state_type=Operation,
    evolve=evolve,
    decide=decide,
    commands=(BeginOperation, EndOperation),
)
