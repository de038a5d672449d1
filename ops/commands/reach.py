"""How a command reaches the parts: addresses from the environment, else from the supervisor of the data folder."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

from eventlog.kafka import KafkaAccess, KafkaEventLog
from eventlog.keys.opening import SubjectKeys, open_keys
from eventlog.read.mongo import MongoDatabase
from eventlog.read.postgres import Pool, open_pool
from eventlog.settings import documents_of
from ops.logins import key_store
from ops.settings import OpsSettings
from ops.stack.launcher import Endpoints
from ops.stack.part import StackError
from ops.state import read_state


def endpoints(settings: OpsSettings) -> Endpoints:
    """Where everything answers, PostgreSQL to the owner of its tables.

    `StackError` where nothing runs and not all addresses are given.
    """
    given = Endpoints(settings.kafka, settings.mongodb, settings.direct or settings.postgres, settings.redis)
    if given.kafka and given.mongodb and given.postgres:
        return given
    found = (read_state(settings.data_dir) or {}).get("endpoints", {})
    if not found:
        raise StackError(
            "nothing runs here. Start it with `playhead up`, or name what runs elsewhere with "
            "KAFKA_BOOTSTRAP_SERVERS, MONGODB_URI and DIRECT_URL or DATABASE_URL."
        )
    return Endpoints(
        kafka=given.kafka or found["KAFKA_BOOTSTRAP_SERVERS"],
        mongodb=given.mongodb or found["MONGODB_URI"],
        postgres=given.postgres or found["DATABASE_URL"],
        redis=given.redis or found["REDIS_URL"],
    )


def kafka(settings: OpsSettings) -> KafkaAccess:
    """The brokers, as an operator."""
    return KafkaAccess(endpoints(settings).kafka, client_id="playhead-ops")


def documents(settings: OpsSettings) -> str:
    """The name of the database of documents, as the services find it."""
    return documents_of(settings.mongodb_database, endpoints(settings).mongodb)


@asynccontextmanager
async def mongo(settings: OpsSettings, application: str) -> AsyncGenerator[MongoDatabase]:
    """The database of documents."""
    database = MongoDatabase.connect(endpoints(settings).mongodb, documents(settings), application=application)
    try:
        yield database
    finally:
        database.close()


@asynccontextmanager
async def postgres(settings: OpsSettings, application: str, seconds: float = 60) -> AsyncGenerator[Pool]:
    """The database of tables. Raises `Unavailable`."""
    pool = await open_pool(endpoints(settings).postgres, application=application, size=4, seconds=seconds)
    try:
        yield pool
    finally:
        await pool.close()


@asynccontextmanager
async def log_of(settings: OpsSettings, topic: str) -> AsyncGenerator[KafkaEventLog]:
    """A topic's log. Raises `Unavailable`."""
    log = KafkaEventLog(kafka(settings), topic)
    try:
        await log.start()
        yield log
    finally:
        await log.close()


@contextmanager
def subject_keys(settings: OpsSettings) -> Generator[SubjectKeys]:
    """The keys of subjects, as the services find them; asked for when the first is needed."""
    opened = open_keys(*key_store(settings, endpoints(settings).postgres))
    try:
        yield opened
    finally:
        opened.close()


def gateway_url(settings: OpsSettings) -> str:
    """Where the gateway of this data folder answers. `StackError` where it does not run."""
    for process in (read_state(settings.data_dir) or {}).get("processes", []):
        if process["name"] == "gateway":
            return process["url"]
    raise StackError("the gateway does not run here. `playhead up` starts it.")
