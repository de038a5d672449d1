"""The same parts from images, where a Docker engine answers."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import ExitStack, contextmanager
from time import monotonic

from testcontainers.core.container import DockerContainer

from ops.settings import PROJECT
from ops.stack.endpoints import Endpoints
from ops.stack.kafka import take_a_record
from ops.stack.mongo import PARAMETERS, be_primary
from ops.stack.ports import Ports, answers

READY_SECONDS = 120.0

KAFKA = {
    "KAFKA_NODE_ID": "1",
    "KAFKA_PROCESS_ROLES": "broker,controller",
    "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
    "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
    "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
}


@contextmanager
def containers() -> Generator[Endpoints]:
    """Kafka, MongoDB, PostgreSQL and Valkey in containers of our own, working, for as long as the context is open."""
    folder = PROJECT / ".playhead" / "containers"
    folder.mkdir(parents=True, exist_ok=True)
    ports = Ports(folder / "ports.json")
    kafka, mongo, postgres, valkey = (ports.take(name) for name in ("kafka", "mongo", "postgres", "valkey"))
    broker = DockerContainer("apache/kafka:4.1.0").with_bind_ports(kafka, kafka)
    for name, value in KAFKA.items():
        broker = broker.with_env(name, value)
    broker = broker.with_env("KAFKA_LISTENERS", f"PLAINTEXT://:{kafka},CONTROLLER://:9093")
    broker = broker.with_env("KAFKA_ADVERTISED_LISTENERS", f"PLAINTEXT://127.0.0.1:{kafka}")
    mongod = DockerContainer("mongo:8").with_bind_ports(mongo, mongo)
    parameters = " ".join(f"--setParameter {name}={value}" for name, value in PARAMETERS.items())
    mongod = mongod.with_command(f"--replSet rs0 --port {mongo} --bind_ip_all {parameters}")
    server = DockerContainer("postgres:18").with_bind_ports(5432, postgres).with_env("POSTGRES_PASSWORD", "playhead")
    server = server.with_env("POSTGRES_USER", "playhead").with_env("POSTGRES_DB", "playhead")
    cache = DockerContainer("valkey/valkey:9").with_bind_ports(6379, valkey)
    with ExitStack() as stack:
        for container in (broker, mongod, server, cache):
            stack.enter_context(container)
        asyncio.run(_work(kafka, mongo, postgres, valkey))
        yield Endpoints(
            kafka=f"127.0.0.1:{kafka}",
            mongodb=f"mongodb://127.0.0.1:{mongo}/?replicaSet=rs0",
            postgres=f"postgresql://playhead:playhead@127.0.0.1:{postgres}/playhead",
            redis=f"redis://127.0.0.1:{valkey}/0",
        )


async def _work(kafka: int, mongo: int, postgres: int, valkey: int) -> None:
    async def listens(port: int) -> None:
        if not answers(port):
            raise ConnectionError(f"nothing listens on port {port}")

    async with asyncio.TaskGroup() as group:
        group.create_task(_until("kafka", lambda: take_a_record(f"127.0.0.1:{kafka}")))
        group.create_task(_until("mongo", lambda: be_primary(f"127.0.0.1:{mongo}")))
        group.create_task(_until("postgres", lambda: listens(postgres)))
        group.create_task(_until("valkey", lambda: listens(valkey)))


async def _until(name: str, works: Callable[[], Awaitable[None]]) -> None:
    deadline = monotonic() + READY_SECONDS
    while True:
        try:
            return await works()
        except Exception as error:
            if monotonic() > deadline:
                raise AssertionError(f"the container of {name} did not work within {READY_SECONDS} s") from error
        await asyncio.sleep(0.2)
