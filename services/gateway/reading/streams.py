"""What MongoDB's change streams tell: outcomes to those who wait for them, and that a session's history went on."""

import asyncio
from uuid import UUID

import structlog

from eventlog.errors import Conflict, Unavailable
from eventlog.read.mongo import MongoDatabase
from services.gateway.ports.news import News
from services.gateway.ports.waiting import Outcome, Waiters
from services.gateway.reading.mongo import HISTORY, OUTCOMES, PAUSE_SECONDS

_log = structlog.get_logger(__name__)


async def follow_outcomes(database: MongoDatabase, origin: str, waiters: Waiters) -> None:
    """Tell waiters what becomes of the commands of this instance. Runs until it is cancelled.

    The server picks the outcomes of this instance: an unmatched stream would fall behind under load. What was
    written while nobody looked is looked up for everybody who waits.
    """
    mine = [{"$match": {"fullDocument.origin": origin}}]
    while True:
        try:
            async with database.watch(OUTCOMES, mine) as stream:
                await _catch_up(database, waiters)
                waiters.beat()
                while True:
                    change = await stream.next()
                    waiters.beat()
                    if change is not None:
                        waiters.tell(UUID(change.document["_id"]), Outcome.of(change.document))
        except (Unavailable, Conflict) as error:
            _log.warning("outcomes cannot be seen; trying again", error=str(error)[:200])
        finally:
            waiters.lost()
        await asyncio.sleep(PAUSE_SECONDS)


async def follow_history(database: MongoDatabase, news: News) -> None:
    """Wake the followers of a session whenever a row of it is written. Runs until it is cancelled.

    Every commit makes such rows: where nobody follows, nothing is asked. Who came before the stream was open is woken.
    """
    short = [{"$project": {"ns": 1, "fullDocument.stream": 1}}]
    while True:
        await news.wanted()
        try:
            async with database.watch([HISTORY], short) as stream:
                news.perhaps()
                while news.followed:
                    change = await stream.next()
                    if change is not None:
                        news.written(change.document["stream"])
        except (Unavailable, Conflict) as error:
            _log.warning("the history cannot be followed; trying again", error=str(error)[:200])
            await asyncio.sleep(PAUSE_SECONDS)


async def _catch_up(database: MongoDatabase, waiters: Waiters) -> None:
    pending = [str(one) for one in waiters.pending]
    if not pending:
        return
    for name in OUTCOMES:
        for document in await database.collection(name).find({"_id": {"$in": pending}}, limit=len(pending)):
            waiters.tell(UUID(document["_id"]), Outcome.of(document))
