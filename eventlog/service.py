"""A process: settings, wiring, work, drain. What goes wrong and does not pass ends it, loudly, with exit code 1."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog
import uvloop
from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from eventlog import collector, tracing
from eventlog.clock import now
from eventlog.errors import PlayheadError, Unavailable
from eventlog.kafka.access import ANSWER_SECONDS, KafkaAccess
from eventlog.kafka.group import Group
from eventlog.probes import ProbeServer, Readiness, probes
from eventlog.secrets import secrets_of
from eventlog.settings import ServiceSettings
from eventlog.tasks import plain_errors
from eventlog.telemetry import Metrics, configure_logs
from eventlog.watching import watch

DRAIN_SECONDS = 10.0
CHECK_SECONDS = 2.0
STARTING_SECONDS = 60.0

Check = Callable[[], Awaitable[None]]
"""Returns when a part answers; raises otherwise."""

Settings = TypeVar("Settings", bound=ServiceSettings)


@dataclass(frozen=True, slots=True)
class Service:
    """What `app.py` has wired: the groups to work in, the parts to check, and whatever else is to run."""

    broker: KafkaBroker
    groups: Sequence[Group]
    metrics: Metrics
    checks: Mapping[str, Check] = field(default_factory=dict[str, Check])
    besides: Sequence[Callable[[], Awaitable[None]]] = ()
    """Runs until it is cancelled; when it ends otherwise, the process ends."""


Wire = Callable[[Settings, Metrics], AbstractAsyncContextManager[Service]]


def kafka_broker(access: KafkaAccess) -> KafkaBroker:
    """FastStream's broker, for groups alone: it neither publishes nor creates topics."""
    return KafkaBroker(
        access.servers,
        client_id=access.client_id,
        request_timeout_ms=int(ANSWER_SECONDS * 1000),
        consumer_only=True,
        allow_auto_create_topics=False,
        apply_types=False,
        logger=None,
        security=_security(access),
    )


def _security(access: KafkaAccess) -> BaseSecurity | None:
    """What FastStream asks for; it sees to the protocol."""
    if access.username is None or access.password is None:
        return BaseSecurity(ssl_context=access.ssl_context, use_ssl=access.ssl_context is not None)
    kinds = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}
    return kinds[access.mechanism](
        username=access.username,
        password=access.password,
        ssl_context=access.ssl_context,
        use_ssl=access.ssl_context is not None,
    )


def run_service(name: str, settings: Settings, wire: "Wire[Settings]") -> None:
    """Run until SIGTERM or SIGINT, then drain. Exits with 1 after an error that does not pass."""
    configure_logs(name, settings.log_level, secrets_of(settings))
    log = structlog.get_logger()
    end_traces = tracing.begin(name, settings.traces)
    try:
        uvloop.run(serve(settings, wire))
    except PlayheadError as error:
        log.critical("the process ends", error=type(error).__name__, detail=str(error))
        sys.exit(1)
    except Exception:
        log.critical("the process ends", exc_info=True)
        sys.exit(1)
    finally:
        end_traces()
    log.info("drained")


async def serve(settings: Settings, wire: "Wire[Settings]", stop: asyncio.Event | None = None) -> None:
    """The same in a loop that runs already; `stop` ends it as a signal would."""
    stop = stop or asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    metrics = Metrics()
    wired: list[Service] = []
    with plain_errors():
        async with asyncio.TaskGroup() as tasks:
            server = ProbeServer(probes(lambda: readiness(wired), metrics), settings.host, settings.port)
            tasks.create_task(server.serve())
            async with wire(settings, metrics) as service:
                wired.append(service)
                await _run(service, tasks, stop)
            server.should_exit = True


async def reached(start: Callable[[], Awaitable[None]], seconds: float = STARTING_SECONDS) -> None:
    """Call `start` until the part that it needs is there. Raises the last `Unavailable` after so many seconds."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            return await start()
        except Unavailable as error:
            if asyncio.get_running_loop().time() > deadline:
                raise
            structlog.get_logger().warning("waits for a part", part=error.part, detail=error.detail)
            await asyncio.sleep(0.5)


async def readiness(wired: Sequence[Service]) -> Readiness:
    """Ready when each part answers and each partition that is ours is open and moves."""
    if not wired:
        return Readiness(False, {"service": "starting"})
    service = wired[0]
    parts: dict[str, Any] = {group.role: group.state() for group in service.groups}
    ready = all(group.ready for group in service.groups)
    for name, check in service.checks.items():
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await check()
        except (PlayheadError, OSError, TimeoutError) as error:
            parts[name], ready = f"{type(error).__name__}: {error}", False
        else:
            parts[name] = "ok"
    return Readiness(ready, parts)


async def _run(service: Service, tasks: asyncio.TaskGroup, stop: asyncio.Event) -> None:
    for group in service.groups:
        group.work_in(tasks)
    others = [tasks.create_task(_for_ever(run)) for run in service.besides]
    others.append(tasks.create_task(watch(service.groups, now)))
    try:
        async with asyncio.timeout(STARTING_SECONDS):
            await service.broker.start()
        collector.settle()
        structlog.get_logger().info("started")
        await stop.wait()
    finally:
        structlog.get_logger().info("draining")
        for task in others:
            task.cancel()
        await _drain(service)


async def _drain(service: Service) -> None:
    """Finish the batches in hand, leave the groups. What takes too long is abandoned: it will be done again."""
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            await asyncio.gather(*(group.leave() for group in service.groups))
            await service.broker.stop()
    except TimeoutError:
        structlog.get_logger().error("did not drain in time", seconds=DRAIN_SECONDS)


async def _for_ever(run: Callable[[], Awaitable[None]]) -> None:
    await run()
    raise RuntimeError(f"{run} ended, but it should run as long as the process")
