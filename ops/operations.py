"""What an operator does with `playhead`, told to the log before and after: who did what, to what, what came of it.

It is told as commands, which the session service notes as events whenever it runs; they wait in the log meanwhile. An
act does not wait for that, nor fail for it: an operator mends what is broken, and that may be the log. Where it cannot
be told, he is.
"""

import asyncio
import os
import pwd
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from contracts.catalog import as_command
from contracts.envelope import Command, stream_id
from contracts.messages.operation import (
    LONGEST_TARGET,
    BeginOperation,
    EndOperation,
    OperationCommand,
    OperationOutcome,
)
from contracts.topics import COMMANDS_OF, SESSION_COMMANDS
from eventlog.clock import Clock, new_id, now
from eventlog.errors import Unavailable
from eventlog.kafka import KafkaSender, existing_topics
from ops.commands.reach import kafka
from ops.settings import OpsSettings
from ops.stack.part import StackError

TELL_SECONDS = 15.0
_OUTCOMES = {0: OperationOutcome.DONE, 1: OperationOutcome.WRONG}

Send = Callable[[Command], Awaitable[None]]
"""Returns when it is durable. Raises `Unavailable` or `StackError`."""


@dataclass(frozen=True, slots=True)
class Trail:
    """Where it is told. `operator` is who acts, as the operating system knows him."""

    tenant: str
    operator: str
    send: Send
    now: Clock = now


@dataclass(slots=True)
class Operation:
    """One act, under way."""

    id: UUID
    action: str
    target: str
    options: tuple[str, ...]
    outcome: OperationOutcome = OperationOutcome.DONE
    error: str = ""

    def ended(self, code: int) -> int:
        """Its exit code, which is given back."""
        self.outcome = _OUTCOMES.get(code, OperationOutcome.FAILED)
        return code


@asynccontextmanager
async def recorded(
    settings: OpsSettings,
    action: str,
    target: str = "",
    options: Sequence[str] = (),
    *,
    before: bool = True,
    dry_run: bool = False,
) -> AsyncGenerator[Operation]:
    """Around an act of an operator: see `told`. Whether it is recorded changes nothing about the act.

    Of a `dry_run` nothing is told: it changes nothing.
    """
    if dry_run:
        yield Operation(new_id(), action, target, tuple(options))
        return

    async def send(command: Command) -> None:
        access = kafka(settings)
        if not await existing_topics(access, [SESSION_COMMANDS]):
            raise Unavailable("kafka", f"there is no {SESSION_COMMANDS.name}: `playhead topics` makes it")
        sender = KafkaSender(access, COMMANDS_OF)
        try:
            await sender.send([command])
        finally:
            await sender.close()

    trail = Trail(settings.operators, f"operator:{operator()}", send)
    async with told(trail, action, target, options, before=before) as operation:
        yield operation


@asynccontextmanager
async def told(
    trail: Trail, action: str, target: str, options: Sequence[str], *, before: bool
) -> AsyncGenerator[Operation]:
    """Tell that it begins, unless there is no log `before`, and how it ended, however that was."""
    operation = Operation(new_id(), action, target[:LONGEST_TARGET], tuple(one[:LONGEST_TARGET] for one in options))
    said = {name: getattr(operation, name) for name in ("action", "target", "options")}
    if before:
        await _tell(trail, operation, BeginOperation(operation_id=operation.id, **said), "begins")
    try:
        yield operation
    except (KeyboardInterrupt, asyncio.CancelledError):
        operation.outcome = OperationOutcome.INTERRUPTED
        raise
    except BaseException as error:
        operation.outcome, operation.error = OperationOutcome.FAILED, type(error).__name__[:100]
        raise
    finally:
        end = EndOperation(operation_id=operation.id, **said, outcome=operation.outcome, error=operation.error)
        await _tell(trail, operation, end, f"ended ({operation.outcome.value})")


def operator() -> str:
    """Who runs this process; its number where the system has no name for it."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid-{os.getuid()}"


async def _tell(trail: Trail, operation: Operation, body: OperationCommand, what: str) -> None:
    command = as_command(
        body,
        id_=new_id(),
        stream=stream_id("operation", trail.tenant, str(operation.id)),
        at=trail.now(),
        tenant=trail.tenant,
        actor=trail.operator,
    )
    try:
        async with asyncio.timeout(TELL_SECONDS):
            await trail.send(command)
    except (Unavailable, StackError, TimeoutError) as error:
        # To the operator alone: standard output is the act's own.
        act = " ".join((operation.action, operation.target)).strip()
        print(
            f"playhead: the audit trail does not tell that `{act}` {what}: {error or 'no answer'}. Note yourself who "
            "did it, when and why.",
            file=sys.stderr,
        )
