"""kill -9 in the middle of a film: of each service, of each store, of the broker."""

import asyncio
import signal
from collections.abc import Sequence
from uuid import UUID

import pytest

from tests.chaos.client import FILM, WORDS_ONLY, Client, now
from tests.chaos.invariants import hold
from tests.chaos.processes import are_gone
from tests.chaos.system import LOOK_SECONDS, System, encoding
from tests.chaos.turns import turn
from tests.waiting import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(240)]
TAKEN_OVER_SECONDS = 20.0
MEANWHILE = 6


@pytest.mark.req(85)
async def test_services_that_are_killed_in_mid_render_go_on_where_they_were(
    system: System, client: Client, undisturbed: dict[str, str]
) -> None:
    """The session service is killed in the middle of thirty sessions, in a test of its own."""
    system.forget_outputs()
    film = await client.ask(FILM)
    await client.until_stage(film, "video")

    killed_at = now()
    killed = {name: system.send(name, signal.SIGKILL) for name in ("render", "analytics", "gateway")}
    words = await client.ask(WORDS_ONLY, killed=True)
    await asyncio.gather(*(works_again(system, name, old, killed_at) for name, old in killed.items()))
    await client.written(words)
    system.measure("render, analytics, gateway killed: a wish of that moment is fulfilled", now() - killed_at)

    assert await client.film(film) == undisturbed
    await hold(system, client)


@pytest.mark.req(85)
async def test_the_job_of_a_killed_worker_is_taken_over_within_twenty_seconds(
    system: System, client: Client, undisturbed: dict[str, str]
) -> None:
    system.forget_outputs()
    film = await client.ask(FILM)
    await client.until_stage(film, "video")
    before = await turn(system, film)

    encoders = await eventually(lambda: encoding(system), 30)

    killed_at = now()
    old = system.send("worker", signal.SIGKILL)
    await eventually(lambda: are_gone(encoders), 5)

    async def taken_over() -> bool:
        return (await turn(system, film)).epoch > before.epoch

    await eventually(taken_over, 60, LOOK_SECONDS)
    taken_over_after = now() - killed_at
    system.measure("worker killed: its job is taken over", taken_over_after)
    await system.back("worker", old)

    assert await client.film(film) == undisturbed
    assert taken_over_after <= TAKEN_OVER_SECONDS
    await hold(system, client)


@pytest.mark.parametrize("names", [("kafka",), ("mongo", "valkey"), ("postgres",)], ids=" then ".join)
@pytest.mark.req(85)
async def test_nothing_is_lost_or_doubled_when_parts_are_killed_in_mid_render(
    names: Sequence[str], system: System, client: Client, undisturbed: dict[str, str]
) -> None:
    """Where there are several, each is killed when the one before works again."""
    system.forget_outputs()
    film = await client.ask(FILM)
    await client.until_stage(film, "video")

    wishes: list[UUID] = []
    for name in names:
        killed_at = now()
        old = system.send(name, signal.SIGKILL)
        wishes += await asyncio.gather(*(client.ask(WORDS_ONLY) for _ in range(MEANWHILE)))
        system.measure(f"{name} killed: {MEANWHILE} wishes are taken", now() - killed_at)
        await works_again(system, name, old, killed_at)
    await system.healed()

    assert await client.film(film) == undisturbed
    await asyncio.gather(*(client.written(wish) for wish in wishes))
    await hold(system, client)


@pytest.mark.req(85)
async def test_a_film_survives_the_death_of_every_process_at_once(
    system: System, client: Client, undisturbed: dict[str, str]
) -> None:
    system.forget_outputs()
    film = await client.ask(FILM)
    await client.until_stage(film, "video")

    killed_at = now()
    killed = {name: system.send(name, signal.SIGKILL) for name in system.names()}
    words = await client.ask(WORDS_ONLY, killed=True)
    await asyncio.gather(*(system.back(name, old) for name, old in killed.items()))
    system.measure("everything killed: works again", now() - killed_at)
    await client.written(words)
    system.measure("everything killed: a wish of that moment is fulfilled", now() - killed_at)

    assert await client.film(film) == undisturbed
    system.measure("everything killed: the film is done", now() - killed_at)
    await hold(system, client)


async def works_again(system: System, name: str, old: int, killed_at: float) -> None:
    """Return when it does, and keep how long that took."""
    await system.back(name, old)
    system.measure(f"{name} killed: works again", now() - killed_at)
