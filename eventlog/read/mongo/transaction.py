"""One MongoDB transaction, begun again where the server says that it may be.

The whole of it runs in one worker thread, with the driver that Motor itself stands on. Motor takes each request to a
thread and back, and every way back waits until a busy event loop lets go of the interpreter: eight times a batch.
"""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Final, TypeAlias

import stamina

from eventlog.read.mongo.driver import BlockingClient, BlockingSession, Client, PyMongoError, our_errors, timeout

ATTEMPTS: Final = 10
FIRST_PAUSE_SECONDS: Final = 0.01
LONGEST_PAUSE_SECONDS: Final = 1.0
JITTER_SECONDS: Final = 0.01
SHORTEST_TRY_SECONDS: Final = 0.05
COMMITS: Final = 5
"""So often is one transaction's commit asked for whose answer did not come."""
ABORT_SECONDS: Final = 2.0

Body: TypeAlias = Callable[[BlockingSession], None]


async def in_transaction(client: Client, body: Body, seconds: float, attempts: int = ATTEMPTS) -> None:
    """Run `body` and commit, majority-acknowledged, within `seconds`; `body` may run several times, in a thread.

    Raises `Unavailable` where the outcome is unknown, and whatever `body` raises, with nothing written. Whoever meets
    another's write is told at once and not made to wait, so the pauses between two tries grow until that one is done.
    The driver's own loop is not used: it goes on for two minutes whatever the deadline, and without any pause.
    Whoever is cancelled while he waits does not stop it, and does not learn the outcome: the checkpoint tells.
    """
    with our_errors():
        await asyncio.to_thread(_run, client.delegate, body, seconds, attempts)


def _run(client: BlockingClient, body: Body, seconds: float, attempts: int) -> None:
    deadline = monotonic() + seconds
    tries = stamina.retry_context(
        on=_may_begin_again,
        attempts=attempts,
        timeout=seconds,
        wait_initial=FIRST_PAUSE_SECONDS,
        wait_max=LONGEST_PAUSE_SECONDS,
        wait_jitter=JITTER_SECONDS,
    )
    with client.start_session() as session:
        for attempt in tries:
            with attempt:
                _attempt(session, body, max(deadline - monotonic(), SHORTEST_TRY_SECONDS))


def _may_begin_again(error: Exception) -> bool:
    return isinstance(error, PyMongoError) and error.has_error_label("TransientTransactionError") and not error.timeout


def _attempt(session: BlockingSession, body: Body, seconds: float) -> None:
    session.start_transaction()
    try:
        with timeout(seconds):
            body(session)
            _commit(session)
    except BaseException:
        # An open transaction keeps its locks for a minute: it is ended even where its own deadline has passed.
        if session.in_transaction:
            with timeout(ABORT_SECONDS):
                session.abort_transaction()
        raise


def _commit(session: BlockingSession) -> None:
    for attempt in range(1, COMMITS + 1):
        try:
            session.commit_transaction()
        except PyMongoError as error:
            unknown = error.has_error_label("UnknownTransactionCommitResult")
            if not unknown or error.timeout or attempt == COMMITS:
                raise
        else:
            return
