"""Many sessions at once, every command delivered again, and the service that decides them ended twice meanwhile."""

import asyncio
import signal
from collections.abc import Sequence

import pytest

from contracts.envelope import Command
from contracts.topics import COMMANDS_OF
from eventlog.kafka import KafkaAccess, KafkaSender
from tests.chaos.client import FILM, WORDS_ONLY, Client, now
from tests.chaos.history import read_histories
from tests.chaos.invariants import hold
from tests.chaos.system import System

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(240)]
SESSIONS = 30


@pytest.mark.req(85)
async def test_thirty_sessions_happen_once_although_everything_is_delivered_again_and_their_service_ends_twice(
    system: System, client: Client, undisturbed: dict[str, str]
) -> None:
    """With the first end it loses its ledgers, so it reads from offset 0 on; at the second everything is sent again."""
    system.forget_outputs()
    film = await client.ask(FILM)
    await client.until_stage(film, "video")
    began = now()
    asking = asyncio.gather(*(client.ask(WORDS_ONLY) for _ in range(SESSIONS)))
    system.send("session", signal.SIGSTOP)
    system.forget_ledgers("session")
    killed = system.send("session", signal.SIGKILL)
    sessions = await asking
    await system.back("session", killed)
    system.measure("session killed, its ledgers lost: works again", now() - began)
    ended = system.send("session", signal.SIGTERM)
    copies = await everything_again(system)
    await system.back("session", ended)

    assert await client.film(film) == undisturbed
    for session in sessions:
        await client.written(session)
    system.measure(f"{SESSIONS} sessions with two ends of their service: all are completed", now() - began)
    histories = await hold(system, client)

    assert sum(history.copies for history in histories.values()) >= copies
    assert copies >= SESSIONS


async def everything_again(system: System) -> int:
    """Send every command that was ever given once more, as it was; how many those are."""
    histories = await read_histories(system.endpoints)
    commands: Sequence[Command] = [
        said for history in histories.values() for wordings in history.asked.values() for said in wordings
    ]
    sender = KafkaSender(KafkaAccess(system.endpoints.kafka), COMMANDS_OF)
    try:
        await sender.send(commands)
    finally:
        await sender.close()
    return len(commands)
