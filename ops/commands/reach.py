"""How a command reaches the parts: addresses from the environment, else from the supervisor of the data folder."""

from eventlog.kafka import KafkaAccess
from eventlog.settings import documents_of
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
    """The name of the database of documents."""
    return documents_of(settings.mongodb_database, endpoints(settings).mongodb)


def gateway_url(settings: OpsSettings) -> str:
    """Where the gateway of this data folder answers. `StackError` where it does not run."""
    for process in (read_state(settings.data_dir) or {}).get("processes", []):
        if process["name"] == "gateway":
            return process["url"]
    raise StackError("the gateway does not run here. `playhead up` starts it.")
