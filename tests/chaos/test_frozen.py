"""Processes that are frozen, replaced, and woken beside their successors: zombies, who do not know what they missed."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import psutil
import pytest

from contracts.catalog import encode
from contracts.envelope import Command
from contracts.messages.job import CompleteStage, JobStageCompleted
from contracts.rendering import Stage, StageOutput
from contracts.topics import COMMANDS_OF
from eventlog import clock
from eventlog.kafka import KafkaAccess, KafkaSender
from tests.chaos.client import FILM, WORDS_ONLY, Client, now
from tests.chaos.history import History, read_histories
from tests.chaos.invariants import hold
from tests.chaos.system import Beside, System, family
from tests.chaos.turns import Turn, turn
from tests.waiting import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(240), pytest.mark.xdist_group("chaos")]
PARTITIONS = 4
IN_HAND = 12
EXPELLED_SECONDS = 60.0


@contextmanager
def frozen(pid: int) -> Generator[None]:
    """A process and all that it has started stand still; they go on afterwards."""
    stopped = family(pid)
    for one in stopped:
        one.suspend()
    try:
        yield
    finally:
        for one in stopped:
            if one.is_running():
                one.resume()


@pytest.mark.parametrize(("name", "ledgers"), [("session", "shared"), ("session", "own"), ("render", "own")])
async def test_a_processor_that_was_frozen_past_its_time_out_changes_nothing_when_it_wakes_beside_its_successor(
    name: str, ledgers: str, system: System, client: Client, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    """With ledgers of its own the successor is as on another machine: only the log stands between the two."""
    elsewhere = {"PLAYHEAD_DATA": str(tmp_path)} if ledgers == "own" else {}
    pid = int(system.told(name)["pid"])
    async with asyncio.TaskGroup() as asking:
        taken = len(client.acknowledged) + 2
        in_hand = [asking.create_task(client.ask(WORDS_ONLY)) for _ in range(IN_HAND)]
        await eventually(lambda: acknowledged(client, taken))
        with frozen(pid):
            frozen_at = now()
            async with system.beside(name, **elsewhere) as successor:
                await eventually(lambda: owns_all(name, successor), EXPELLED_SECONDS)
                system.measure(f"{name} frozen, ledgers {ledgers}: all partitions taken over", now() - frozen_at)
                film = await client.film(await client.ask(FILM))
                psutil.Process(pid).resume()
                meanwhile = [await client.ask(WORDS_ONLY) for _ in range(IN_HAND)]
                await system.healed()
                for session in [*meanwhile, *(task.result() for task in in_hand)]:
                    await client.written(session)
            assert successor.process.returncode == 0

    assert film == undisturbed
    await system.healed()
    await client.written(await client.ask(WORDS_ONLY))
    await hold(system, client)


async def acknowledged(client: Client, count: int) -> bool:
    """Whether the gateway has taken so many wishes."""
    return len(client.acknowledged) >= count


async def owns_all(name: str, process: Beside) -> bool:
    """Whether every partition of every group of the service is in this process' hands, and moves."""
    parts = await process.parts()
    if parts is None:
        return False
    groups = [found for part, found in parts.items() if part.startswith(f"{name}.")]
    return bool(groups) and all(len(found) == PARTITIONS for found in groups)


async def test_a_worker_that_was_frozen_past_its_lease_is_replaced_and_what_it_says_when_it_wakes_is_refused(
    system: System, client: Client, undisturbed: dict[str, str]
) -> None:
    system.forget_outputs()
    session = await client.ask(FILM)
    await client.until_stage(session, "video")
    old = await turn(system, session)
    pid = int(system.told("worker")["pid"])

    with frozen(pid):
        frozen_at = now()
        async with system.beside("worker", PLAYHEAD_WORKER_NAME="successor") as successor:

            async def taken_over() -> Turn | None:
                newest = await turn(system, session)
                return newest if newest.worker == "successor" else None

            new = await eventually(taken_over, 60)
            system.measure("worker frozen: its job is taken over", now() - frozen_at)
            late = await said_too_late(system, old)
            for one in family(pid):
                one.resume()
            assert await client.film(session) == undisturbed
        assert successor.process.returncode == 0

    assert new.epoch > old.epoch
    await system.healed()
    history = (await hold(system, client))["render"]
    refusal = {one.commit.command_id: one.commit.refusal for one in history.counted}[late]
    assert refusal is not None
    assert refusal.code == "job.stale_epoch"
    assert completions(history, old.stream) == 1


async def test_while_the_broker_stands_still_a_wish_is_answered_with_503_and_taken_once_when_it_goes_on(
    system: System, client: Client, undisturbed: dict[str, str]
) -> None:
    system.forget_outputs()
    film = await client.ask(FILM)
    await client.until_stage(film, "video")
    session = client.wish()

    with frozen(int(system.told("kafka")["pid"])):
        frozen_at = now()
        assert not await client.ask_once(session, WORDS_ONLY)
        system.measure("kafka frozen: 503 is answered", now() - frozen_at)
    woken_at = now()
    await eventually(lambda: client.ask_once(session, WORDS_ONLY), 60)
    await client.written(session)
    system.measure("kafka frozen: the wish is fulfilled after it goes on", now() - woken_at)

    assert await client.film(film) == undisturbed
    await system.healed()
    await hold(system, client)


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
    return Command(
        id=clock.new_id(),
        stream=of.stream,
        type=body.TYPE,
        at=clock.now(),
        tenant=of.tenant,
        actor=f"worker:{of.worker}",
        data=encode(body),
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
