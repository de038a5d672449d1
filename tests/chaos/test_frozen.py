"""Processes that are frozen, replaced, and woken beside their successors: zombies, who do not know what they missed."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest

from contracts.catalog import as_command
from contracts.envelope import Command
from contracts.messages.job import CompleteStage, JobStageCompleted
from contracts.rendering import Stage, StageOutput
from contracts.topics import COMMANDS_OF
from eventlog import clock
from eventlog.kafka import KafkaAccess, KafkaSender
from tests.chaos.client import FILM, WORDS_ONLY, Client, now
from tests.chaos.history import History, read_histories
from tests.chaos.invariants import hold
from tests.chaos.processes import are_gone, frozen, thaw
from tests.chaos.system import LOOK_SECONDS, Beside, System, encoding
from tests.chaos.turns import Turn, turn
from tests.waiting import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(240)]
PARTITIONS = 4
IN_HAND = 12
EXPELLED_SECONDS = 60.0


async def test_a_film_goes_on_beside_the_zombies_of_its_worker_and_of_both_services_that_decide(
    system: System, client: Client, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    """The successors of the services have ledgers of their own, as on another machine: only the log is between them."""
    system.forget_outputs()
    film = await client.ask(FILM)
    await client.until_stage(film, "video")
    encoders = await eventually(lambda: encoding(system), 30)
    elsewhere = {"PLAYHEAD_DATA": str(tmp_path)}

    async with zombies(system, "worker") as wake_worker:
        old = await turn(system, film)
        in_hand = await asyncio.gather(*(client.ask(WORDS_ONLY) for _ in range(IN_HAND)))
        async with (
            zombies(system, "session", "render") as wake,
            system.beside("session", **elsewhere) as session,
            system.beside("render", **elsewhere) as render,
            system.beside("worker", PLAYHEAD_WORKER_NAME="successor") as worker,
        ):
            await asyncio.gather(
                after(system, "session frozen: all partitions taken over", lambda: owns_all("session", session)),
                after(system, "render frozen: all partitions taken over", lambda: owns_all("render", render)),
                after(system, "worker frozen: its job is taken over", lambda: has_job(system, film, "successor")),
            )
            late = await said_too_late(system, old)
            wake_worker()
            wake()
            await eventually(lambda: are_gone(encoders), 5)
            meanwhile = await asyncio.gather(*(client.ask(WORDS_ONLY) for _ in range(IN_HAND)))
            assert await client.film(film) == undisturbed
            for wish in (*in_hand, *meanwhile):
                await client.written(wish)
        assert [one.process.returncode for one in (session, render, worker)] == [0, 0, 0]

    await system.healed()
    history = (await hold(system, client))["render"]
    refusal = {one.commit.command_id: one.commit.refusal for one in history.counted}[late]
    assert refusal is not None
    assert refusal.code == "job.stale_epoch"
    assert completions(history, old.stream) == 1


async def test_a_zombie_changes_nothing_where_its_successor_works_on_the_same_ledgers(
    system: System, client: Client
) -> None:
    in_hand = await asyncio.gather(*(client.ask(WORDS_ONLY) for _ in range(IN_HAND)))
    async with zombies(system, "session") as wake, system.beside("session") as successor:
        await after(
            system, "session frozen, same ledgers: all partitions taken over", lambda: owns_all("session", successor)
        )
        meanwhile = await asyncio.gather(*(client.ask(WORDS_ONLY) for _ in range(IN_HAND)))
        wake()
        for wish in (*in_hand, *meanwhile):
            await client.written(wish)
    assert successor.process.returncode == 0
    await system.healed()
    await hold(system, client)


@asynccontextmanager
async def zombies(system: System, *names: str) -> AsyncGenerator[Callable[[], None]]:
    """These stand still until what is given is called, which has to happen."""
    pids = [int(system.told(name)["pid"]) for name in names]

    def wake() -> None:
        for pid in pids:
            thaw(pid)

    with ExitStack() as stack:
        for pid in pids:
            stack.enter_context(frozen(pid))
        yield wake


async def after(system: System, what: str, look: Callable[[], Awaitable[bool]]) -> None:
    """Return when it is so, and keep how long that took."""
    began = now()
    await eventually(look, EXPELLED_SECONDS, LOOK_SECONDS)
    system.measure(what, now() - began)


async def has_job(system: System, session: UUID, worker: str) -> bool:
    """Whether that worker is at the job of the session."""
    return (await turn(system, session)).worker == worker


async def owns_all(name: str, process: Beside) -> bool:
    """Whether every partition of every group of the service is in this process' hands, and moves."""
    parts = await process.parts()
    if parts is None:
        return False
    groups = [found for part, found in parts.items() if part.startswith(f"{name}.")]
    return bool(groups) and all(len(found) == PARTITIONS for found in groups)


async def said_too_late(system: System, old: Turn) -> UUID:
    """What the first worker would say if it were done: the film of the same inputs. The id of the command."""
    history = (await read_histories(system.endpoints))["render"]
    command = complete(old, next(event.output for event in stages(history) if event.output.stage is Stage.VIDEO))
    sender = KafkaSender(KafkaAccess(system.endpoints.kafka), COMMANDS_OF)
    try:
        await sender.send([command])
    finally:
        await sender.close()
    return command.id


def complete(of: Turn, output: StageOutput) -> Command:
    """`CompleteStage` under the epoch of that turn."""
    body = CompleteStage(epoch=of.epoch, output=output)
    return as_command(
        body,
        id_=clock.new_id(),
        stream=of.stream,
        at=clock.now(),
        tenant=of.tenant,
        actor=f"worker:{of.worker}",
    )


def stages(history: History) -> list[JobStageCompleted]:
    """Every stage that was completed, of whatever job."""
    return [
        JobStageCompleted.model_validate_json(bytes(recorded.data))
        for one in history.counted
        for recorded in one.commit.events
        if recorded.type == JobStageCompleted.TYPE
    ]


def completions(history: History, stream: str) -> int:
    """How often a job was completed."""
    return sum(
        recorded.type == "job.completed"
        for one in history.counted
        if one.commit.stream == stream
        for recorded in one.commit.events
    )
