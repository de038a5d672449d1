"""A part that does not answer: what is asked meanwhile is taken, or refused in words, and nothing is lost."""

import asyncio
from http import HTTPStatus
from uuid import UUID

import pytest

from tests.chaos.client import FILM, WORDS_ONLY, Client, now
from tests.chaos.invariants import hold
from tests.chaos.processes import frozen
from tests.chaos.system import LOOK_SECONDS, System
from tests.waiting import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(240)]


@pytest.mark.req(9, 29, 31)
async def test_what_is_asked_while_a_part_does_not_answer_is_answered_in_words_and_nothing_is_lost(
    system: System, client: Client, undisturbed: dict[str, str]
) -> None:
    system.forget_outputs()
    film = await client.ask(FILM)
    await client.until_stage(film, "video")

    wishes = [
        await without_mongo(system, client, film),
        await without_postgres(system, client, film),
        await without_kafka(system, client),
    ]
    woken_at = now()
    for wish in wishes:
        await client.written(wish)
    system.measure("parts frozen: all wishes are fulfilled after they go on", now() - woken_at)

    assert await client.film(film) == undisturbed
    await system.healed()
    await hold(system, client)


async def without_mongo(system: System, client: Client, film: UUID) -> UUID:
    """A wish is taken and says what it cannot show; a question is answered with 503."""
    wish = client.wish()
    with frozen(int(system.told("mongo")["pid"])):
        frozen_at = now()
        taken, shown = await asyncio.gather(
            client.http.post(
                "/v1/sessions", json={**WORDS_ONLY, "sessionId": str(wish)}, headers={"Prefer": "wait=10"}
            ),
            client.http.get(f"/v1/sessions/{film}"),
        )
        system.measure("mongo frozen: wish and question are answered", now() - frozen_at)
    assert (taken.status_code, taken.headers.get("Playhead-Degraded")) == (HTTPStatus.ACCEPTED, "mongodb"), taken.text
    client.acknowledged.append(UUID(taken.json()["commandId"]))
    assert shown.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert int(shown.headers["Retry-After"]) > 0
    assert shown.json()["code"] == "mongodb.unavailable"
    assert shown.json()["detail"].startswith("The read store did not answer. Commands are still accepted")
    return wish


async def without_postgres(system: System, client: Client, film: UUID) -> UUID:
    """A wish is taken, what was made is shown, and the health page says which part it is."""
    with frozen(int(system.told("postgres")["pid"])):
        frozen_at = now()
        wish, shown, health = await asyncio.gather(
            client.ask(WORDS_ONLY), client.http.get(f"/v1/sessions/{film}"), client.http.get("/api/health")
        )
        system.measure("postgres frozen: wish and questions are answered", now() - frozen_at)
    assert shown.status_code == HTTPStatus.OK
    assert health.json()["status"] == "degraded"
    assert [part for part in ("kafka", "mongo", "database") if not health.json()[part]["connected"]] == ["database"]
    return wish


async def without_kafka(system: System, client: Client) -> UUID:
    """A wish is answered with 503 and a sentence; asked again under its id it takes effect once."""
    wish = client.wish()
    with frozen(int(system.told("kafka")["pid"])):
        frozen_at = now()
        refused = await client.http.post("/v1/sessions", json={**WORDS_ONLY, "sessionId": str(wish)})
        system.measure("kafka frozen: 503 is answered", now() - frozen_at)
    assert refused.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.json()["code"] == "kafka.unavailable"
    assert "Send the same call again" in refused.json()["detail"]
    await eventually(lambda: client.ask_once(wish, WORDS_ONLY), 60, LOOK_SECONDS)
    return wish
