"""One MongoDB transaction, begun again where the server says that it may be."""

from collections.abc import Awaitable, Callable

from eventlog.read.mongo.driver import Client, PyMongoError, Session, our_errors, timeout

ATTEMPTS = 5
ABORT_SECONDS = 2.0


async def in_transaction(client: Client, body: Callable[[Session], Awaitable[None]], seconds: float) -> None:
    """Run `body` and commit, majority-acknowledged, within `seconds`; `body` may run several times.

    Raises `Unavailable` where the outcome is unknown, and whatever `body` raises, with nothing written. The driver's
    own loop is not used: it goes on for two minutes whatever the deadline, and without a pause between two tries.
    """
    with our_errors():
        async with await client.start_session() as session:
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    await _attempt(session, body, seconds / attempt)
                except PyMongoError as error:
                    if not error.has_error_label("TransientTransactionError") or error.timeout or attempt == ATTEMPTS:
                        raise
                else:
                    return


async def _attempt(session: Session, body: Callable[[Session], Awaitable[None]], seconds: float) -> None:
    session.start_transaction()
    try:
        with timeout(seconds):
            await body(session)
            await _commit(session)
    except BaseException:
        # An open transaction keeps its locks for a minute: it is ended even where its own deadline has passed.
        if session.delegate.in_transaction:
            with timeout(ABORT_SECONDS):
                await session.abort_transaction()
        raise


async def _commit(session: Session) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            await session.commit_transaction()
        except PyMongoError as error:
            unknown = error.has_error_label("UnknownTransactionCommitResult")
            if not unknown or error.timeout or attempt == ATTEMPTS:
                raise
        else:
            return
