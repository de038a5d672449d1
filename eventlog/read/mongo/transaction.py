"""One MongoDB transaction, begun again where the server says that it may be.

The whole of it runs in one worker thread, with the driver that Motor itself stands on. Motor takes each request to a
thread and back, and every way back waits until a busy event loop lets go of the interpreter: eight times a batch.
"""

import asyncio
from collections.abc import Callable
from typing import TypeAlias

from eventlog.read.mongo.driver import BlockingClient, BlockingSession, Client, PyMongoError, our_errors, timeout

ATTEMPTS = 5
ABORT_SECONDS = 2.0

Body: TypeAlias = Callable[[BlockingSession], None]


async def in_transaction(client: Client, body: Body, seconds: float) -> None:
    """Run `body` and commit, majority-acknowledged, within `seconds`; `body` may run several times, in a thread.

    Raises `Unavailable` where the outcome is unknown, and whatever `body` raises, with nothing written. The driver's
    own loop is not used: it goes on for two minutes whatever the deadline, and without a pause between two tries.
    Whoever is cancelled while he waits does not stop it, and does not learn the outcome: the checkpoint tells.
    """
    with our_errors():
        await asyncio.to_thread(_run, client.delegate, body, seconds)


def _run(client: BlockingClient, body: Body, seconds: float) -> None:
    with client.start_session() as session:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                _attempt(session, body, seconds / attempt)
            except PyMongoError as error:
                if not error.has_error_label("TransientTransactionError") or error.timeout or attempt == ATTEMPTS:
                    raise
            else:
                return


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
    for attempt in range(1, ATTEMPTS + 1):
        try:
            session.commit_transaction()
        except PyMongoError as error:
            unknown = error.has_error_label("UnknownTransactionCommitResult")
            if not unknown or error.timeout or attempt == ATTEMPTS:
                raise
        else:
            return
