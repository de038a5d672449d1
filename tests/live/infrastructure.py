"""Where the live tests find their Kafka, MongoDB, PostgreSQL and Redis.

In this order: URLs in the environment, containers where a Docker engine answers, the local programs. Where none works
the tests fail; they are never skipped.
"""

import os
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import docker
from docker.errors import DockerException
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from ops.settings import PROJECT
from ops.stack.launcher import Endpoints
from ops.state import read_state

START_SECONDS = 180
DOCKER_SOCKET = Path("/var/run/docker.sock")
URLS = ("KAFKA_BOOTSTRAP_SERVERS", "MONGODB_URI", "DATABASE_URL")


@contextmanager
def infrastructure(environment: Mapping[str, str]) -> Generator[Endpoints]:
    """The parts, working, for as long as the context is open."""
    if all(environment.get(name) for name in URLS):
        yield _named(environment)
    elif docker_answers(environment):
        with containers() as endpoints:
            yield endpoints
    else:
        with local_parts(PROJECT / ".playhead" / "test") as endpoints:
            yield endpoints


@contextmanager
def local_parts(data_dir: Path, **settings: str) -> Generator[Endpoints]:
    """A supervisor with the parts alone, in a data folder of its own; the fetched programs are shared."""
    environment = {
        **os.environ,  # noqa: TID251 - handed on to the supervisor as it is
        "PLAYHEAD_DATA": str(data_dir),
        "PLAYHEAD_CACHE_DIR": str(PROJECT / ".playhead" / "cache"),
        **settings,
    }
    (data_dir / "stack.json").unlink(missing_ok=True)
    supervisor = subprocess.Popen(
        (sys.executable, "-m", "ops.supervisor", "--parts-only"), cwd=PROJECT, env=environment
    )
    try:
        yield _endpoints(data_dir, supervisor)
    finally:
        supervisor.terminate()
        supervisor.wait(60)


def _named(urls: Mapping[str, str]) -> Endpoints:
    return Endpoints(
        kafka=urls["KAFKA_BOOTSTRAP_SERVERS"],
        mongodb=urls["MONGODB_URI"],
        postgres=urls["DATABASE_URL"],
        redis=urls.get("REDIS_URL", ""),
    )


def _endpoints(data_dir: Path, supervisor: "subprocess.Popen[bytes]") -> Endpoints:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        state = read_state(data_dir)
        if state is not None and state["state"] == "ready":
            return _named(state["endpoints"])
        try:
            code = supervisor.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(f"the supervisor ended with exit code {code}: {(state or {}).get('problem', '')}")
    raise AssertionError(f"the parts did not work within {START_SECONDS} s; see {data_dir}/logs")


def docker_answers(environment: Mapping[str, str]) -> bool:
    """Whether a Docker engine is there to start containers."""
    if "DOCKER_HOST" not in environment and not DOCKER_SOCKET.exists():
        return False
    try:
        client = docker.from_env(timeout=2)
    except DockerException:
        return False
    try:
        return bool(client.ping())
    except DockerException:
        return False
    finally:
        client.close()


@contextmanager
def containers() -> Generator[Endpoints]:
    """The same parts from images."""
    with ExitStack() as stack:
        kafka_port, mongo_port = 39092, 39017
        kafka = DockerContainer("apache/kafka:4.1.0").with_bind_ports(kafka_port, kafka_port)
        for name, value in {
            "KAFKA_NODE_ID": "1",
            "KAFKA_PROCESS_ROLES": "broker,controller",
            "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
            "KAFKA_LISTENERS": f"PLAINTEXT://:{kafka_port},CONTROLLER://:9093",
            "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://localhost:{kafka_port}",
            "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
            "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
            "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        }.items():
            kafka = kafka.with_env(name, value)
        stack.enter_context(kafka.waiting_for(LogMessageWaitStrategy("Kafka Server started")))
        mongo = DockerContainer("mongo:8").with_bind_ports(mongo_port, mongo_port)
        mongo = mongo.with_command(f"--replSet rs0 --port {mongo_port} --bind_ip_all")
        stack.enter_context(mongo.waiting_for(LogMessageWaitStrategy("Waiting for connections")))
        initiate = f"rs.initiate({{_id: 'rs0', members: [{{_id: 0, host: 'localhost:{mongo_port}'}}]}})"
        mongo.exec(["mongosh", "--quiet", "--port", str(mongo_port), "--eval", initiate])
        postgres = DockerContainer("postgres:18").with_exposed_ports(5432).with_env("POSTGRES_PASSWORD", "playhead")
        postgres = postgres.with_env("POSTGRES_USER", "playhead").with_env("POSTGRES_DB", "playhead")
        stack.enter_context(postgres.waiting_for(LogMessageWaitStrategy("ready to accept connections", times=2)))
        redis = stack.enter_context(DockerContainer("valkey/valkey:9").with_exposed_ports(6379))
        yield Endpoints(
            kafka=f"localhost:{kafka_port}",
            mongodb=f"mongodb://localhost:{mongo_port}/?replicaSet=rs0",
            postgres=f"postgresql://playhead:playhead@localhost:{postgres.get_exposed_port(5432)}/playhead",
            redis=f"redis://localhost:{redis.get_exposed_port(6379)}/0",
        )
