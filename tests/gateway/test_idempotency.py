"""A call that is repeated with its Idempotency-Key is done once and answered as the first time."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import httpx
import pytest

from contracts.envelope import Command
from eventlog.errors import Unavailable
from services.gateway.ports.gateway import KeptAnswer
from tests.gateway.memory import MemoryAnswers
from tests.gateway.test_bad_input import GOOD, assert_problem
from tests.gateway.test_sessions import refuses
from tests.gateway.world import OTHER_KEY, World

KEY = {"Idempotency-Key": "order-66"}


async def test_a_repeat_is_answered_as_the_first_time_and_sends_nothing(
    client: httpx.AsyncClient, world: World
) -> None:
    first = await client.post("/v1/sessions", json=GOOD | {"title": "x"}, headers=KEY)
    sent = len(world.sender.sent)
    again = await client.post(
        "/v1/sessions",
        content=b'{ "title": "x", "prompt": "Why is the sky blue?" }',
        headers={"Idempotency-Key": '"order-66"', "Content-Type": "application/json"},
    )
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["location"] == first.headers["location"]
    assert (again.headers["idempotency-replayed"], len(world.sender.sent)) == ("true", sent)
    assert "idempotency-replayed" not in first.headers


async def test_the_same_key_with_another_body_is_refused(client: httpx.AsyncClient) -> None:
    await client.post("/v1/sessions", json=GOOD, headers=KEY)
    again = await client.post("/v1/sessions", json=GOOD | {"kind": "manim"}, headers=KEY)
    assert_problem(again, 422, "idempotency.mismatch", "another body")


async def test_a_key_belongs_to_its_tenant_and_its_call(client: httpx.AsyncClient, world: World) -> None:
    async with world.client(OTHER_KEY) as other:
        ids = [
            (await one.post("/v1/sessions", json=body, headers=KEY)).json()["commandId"]
            for one, body in ((client, GOOD), (other, GOOD | {"title": "other"}))
        ]
    ids.append((await client.delete(f"/v1/sessions/{ids[0]}", headers=KEY)).json()["commandId"])
    assert len(set(ids)) == 3


async def test_while_the_first_call_is_at_work_the_second_is_told_to_wait(
    client: httpx.AsyncClient, world: World
) -> None:
    async with world.deciding(lambda _: None), asyncio.TaskGroup() as tasks:
        first = tasks.create_task(client.post("/v1/sessions", json=GOOD, headers={**KEY, "Prefer": "wait=1"}))
        async with asyncio.timeout(5):
            while not world.sender.commands("StartSession"):  # noqa: ASYNC110 - a plain list has no event
                await asyncio.sleep(0)
        second = await client.post("/v1/sessions", json=GOOD, headers=KEY)
    document = assert_problem(second, 409, "idempotency.in_flight", "not been answered yet")
    assert (second.headers["retry-after"], document["retryable"]) == ("1", True)
    assert first.result().status_code == 202


async def test_without_the_answers_the_command_still_has_the_same_id(client: httpx.AsyncClient, world: World) -> None:
    world.answers.away = True
    one, two = [(await client.post("/v1/sessions", json=GOOD, headers=KEY)).json() for _ in range(2)]
    assert one == two
    first, second = world.sender.commands("StartSession")
    assert (first.id, first.stream, first.data) == (second.id, second.stream, second.data)


async def test_an_answer_that_says_try_again_is_not_kept(client: httpx.AsyncClient, world: World) -> None:
    world.sender.away = True
    assert (await client.post("/v1/sessions", json=GOOD, headers=KEY)).status_code == 503
    world.sender.away = False
    again = await client.post("/v1/sessions", json=GOOD, headers=KEY)
    assert again.status_code == 202
    assert "idempotency-replayed" not in again.headers


async def test_a_refusal_is_an_answer_too(client: httpx.AsyncClient, world: World) -> None:
    async with world.deciding(refuses("session.exists", "No.")):
        first = await client.post("/v1/sessions", json=GOOD, headers={**KEY, "Prefer": "wait=5"})
    again = await client.post("/v1/sessions", json=GOOD, headers={**KEY, "Prefer": "wait=5"})
    assert first.status_code == again.status_code == 409
    assert again.json() == first.json()
    assert again.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "a\tb"])
async def test_a_key_that_is_no_key_is_told(client: httpx.AsyncClient, key: str) -> None:
    answer = await client.post("/v1/sessions", json=GOOD, headers={"Idempotency-Key": key})
    assert_problem(answer, 400, "header.invalid", "1 to 255 printable ASCII characters")


async def test_a_call_that_broke_leaves_its_key_free(world: World) -> None:
    class Breaking:
        async def send(self, topic: str, command: Command, headers: Sequence[tuple[str, bytes]] = ()) -> None:
            raise RuntimeError(topic)

    async with world.client(sender=Breaking()) as broken:
        assert (await broken.post("/v1/sessions", json=GOOD, headers=KEY)).status_code == 500
    assert world.answers.kept == {}


async def test_an_answer_that_cannot_be_kept_is_given_nonetheless(world: World) -> None:
    class Forgetful(MemoryAnswers):
        async def keep(self, tenant: str, id_: UUID, answer: KeptAnswer) -> None:
            raise Unavailable("MongoDB", "gone since the claim")

    async with world.client(answers=Forgetful()) as client:
        assert (await client.post("/v1/sessions", json=GOOD, headers=KEY)).status_code == 202
