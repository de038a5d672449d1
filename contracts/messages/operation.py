"""The words of an operation: what an operator does to the machine itself, from his shell. One stream each.

Nothing waits for them: they are told by what is done, before and after it, so that it is known who did what. A trail
that begins and does not end is of something that was killed, or still goes on.
"""

from enum import StrEnum
from typing import Annotated, ClassVar, TypeAlias
from uuid import UUID

from pydantic import Field

from contracts.model import CommandBody, EventBody

LONGEST_ACTION = 60
LONGEST_TARGET = 300
MOST_OPTIONS = 20

Action = Annotated[str, Field(min_length=1, max_length=LONGEST_ACTION)]
"""The words of the command, such as `rebuild` or `parked discard`."""
Target = Annotated[str, Field(max_length=LONGEST_TARGET)]
"""What it is done to: a projector, a stream, a folder; empty: all there is."""
Options = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=LONGEST_TARGET)], ...], Field(max_length=MOST_OPTIONS)
]
"""What was said besides, such as `approve` or `throttle=500`. Never a text that somebody has written freely."""


class OperationOutcome(StrEnum):
    """What came of it: the command's exit code, in a word."""

    DONE = "done"
    WRONG = "wrong"
    """It found something wrong, and said what: a rebuild that differs."""
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class BeginOperation(CommandBody):
    """An operator is about to do this."""

    TYPE: ClassVar[str] = "BeginOperation"

    operation_id: UUID
    action: Action
    target: Target = ""
    options: Options = ()


class EndOperation(CommandBody):
    """It has come to an end. It says all of it once more: nobody may have heard of the beginning."""

    TYPE: ClassVar[str] = "EndOperation"

    operation_id: UUID
    action: Action
    target: Target = ""
    options: Options = ()
    outcome: OperationOutcome
    error: Annotated[str, Field(max_length=100)] = ""
    """Of what kind it was where it failed: a name, no text."""


class OperationBegun(EventBody):
    """An operator began this."""

    TYPE: ClassVar[str] = "operation.begun"

    operation_id: UUID
    action: str
    target: str
    options: tuple[str, ...]


class OperationEnded(EventBody):
    """It came to an end."""

    TYPE: ClassVar[str] = "operation.ended"

    operation_id: UUID
    action: str
    target: str
    options: tuple[str, ...]
    outcome: OperationOutcome
    error: str


OperationCommand: TypeAlias = BeginOperation | EndOperation

OperationEvent: TypeAlias = OperationBegun | OperationEnded
