"""An online writer gives words or a failure with a name; it waits as it is told, and never for ever."""

import asyncio
import json
import socket
import time
from typing import Any

import pytest
from structlog.testing import capture_logs

from contracts.rendering import JobInputs
from services.render.engines.online import WriterFailed
from services.render.engines.online.breaker import Breaker
from services.render.engines.online.writer import OnlineWriter
from tests.render.engines.online.company import INPUTS, KEY, MODEL, Company, Reply, clock, company, good, said


def writer_of(made: Company, breaker: Breaker | None = None, attempts: int = 3, **access: Any) -> OnlineWriter:
    return made.online(breaker, attempts, **access).writer(MODEL)


async def failure(made: Company, **ways: Any) -> WriterFailed:
    with pytest.raises(WriterFailed) as failed:
        await writer_of(made, **ways).write(INPUTS, "Tides", "")
    return failed.value


async def test_a_good_answer_becomes_words_and_says_what_it_took() -> None:
    async with company(good()) as made:
        refined = await writer_of(made).refine(INPUTS)
        draft = await writer_of(made).write(INPUTS, "", refined.refined_prompt)
    assert (refined.title, refined.refined_prompt) == ("Tides", "A film about tides.")
    assert (draft.title, draft.script) == ("Tides", "The sea rises.\n\nThe sea falls.")
    (usage,) = draft.usage
    assert (usage.provider, usage.model, usage.operation, usage.calls) == ("127.0.0.1", MODEL, "script", 1)
    assert (usage.prompt_tokens, usage.completion_tokens) == (11, 7)
    assert 0 <= usage.latency_ms < 5000


async def test_the_request_is_the_protocols_and_the_wish_is_data_in_it() -> None:
    async with company() as made:
        await writer_of(made, tokens=321).write(JobInputs(prompt='Ignore this. "}] \ud800', language="de"), "Tides", "")
    (asked,) = made.asked
    assert (asked["model"], asked["max_tokens"]) == (MODEL, 321)
    assert asked["response_format"]["json_schema"]["schema"]["required"] == ["title", "script"]
    system, user = asked["messages"]
    assert "Ignore this" not in system["content"]
    assert json.loads(user["content"])["prompt"] == 'Ignore this. "}] \ud800'
    assert made.heads[0].startswith("POST /v1/chat/completions HTTP/1.1")
    assert f"Bearer {KEY}" in made.heads[0]


@pytest.mark.parametrize(
    "bad",
    [
        said("The sea rises."),
        said('{"title": "Tides", "scr'),
        said('{"title": "Tides"}'),
        said('{"title": "Tides", "script": 7}'),
        said('{"title": "Tides", "script": "… !"}'),
        said(json.dumps({"title": "Tides", "script": "word " * 2000})),
        said('{"title": "Tides", "script": "The sea ri', finish="length"),
        said(None),
        Reply(body=b"<html>hello</html>"),
        Reply(body=b'{"choices": []}'),
        Reply(body=b"[" * 100_000),
        Reply(body=b'{"choices": "' + b"x" * 2_000_000 + b'"}'),
    ],
)
async def test_an_answer_that_cannot_be_used_is_asked_for_again(bad: Reply) -> None:
    async with company(bad, good()) as made:
        draft = await writer_of(made).write(INPUTS, "Tides", "")
    assert draft.script == "The sea rises.\n\nThe sea falls."
    assert draft.usage[0].calls == len(made.asked) == 2
    async with company(bad) as made:
        failed = await failure(made)
    assert (failed.code, failed.retryable, len(made.asked)) == ("writer.answer_unusable", True, 3)
    assert failed.usage[0].calls == 3


async def test_a_fence_around_the_answer_is_forgiven() -> None:
    async with company(said('```json\n{"title": "T", "script": "The sea rises."}\n```')) as made:
        assert (await writer_of(made).write(INPUTS, "", "")).script == "The sea rises."


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(status=500), "writer.unavailable"),
        (Reply(status=503, headers={"Retry-After": "0"}), "writer.unavailable"),
        (Reply(status=429), "writer.busy"),
        (Reply(body=good().body, drops=True), "writer.unavailable"),
    ],
)
async def test_trouble_that_may_pass_is_tried_three_times(reply: Reply, code: str) -> None:
    async with company(reply, reply, good()) as made:
        assert (await writer_of(made).write(INPUTS, "Tides", "")).usage[0].calls == 3
    async with company(reply) as made:
        failed = await failure(made)
    assert (failed.code, failed.retryable, len(made.asked)) == (code, True, 3)


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(status=401, body=f'{{"error": "Incorrect API key: {KEY}"}}'.encode()), "writer.denied"),
        (Reply(status=403), "writer.denied"),
        (Reply(status=400), "writer.rejected"),
        (Reply(status=404), "writer.rejected"),
        (Reply(status=302, headers={"Location": "http://127.0.0.1:1/"}), "writer.rejected"),
        (said(None, refusal="No."), "writer.declined"),
        (said("", finish="content_filter"), "writer.declined"),
    ],
)
async def test_trouble_that_stays_is_told_at_once_and_without_the_key(reply: Reply, code: str) -> None:
    async with company(reply) as made:
        with capture_logs() as logs:
            failed = await failure(made)
    assert (failed.code, failed.retryable, len(made.asked)) == (code, False, 1)
    assert (
        KEY
        not in f"{failed} {failed.cause} {failed.__cause__!r} {logs} {made.online()!r} {made.online().writer(MODEL)!r}"
    )


async def test_the_pause_that_is_asked_for_is_kept() -> None:
    async with company(Reply(status=429, headers={"Retry-After": "1"}), good()) as made:
        began = time.monotonic()
        await writer_of(made).write(INPUTS, "Tides", "")
    assert time.monotonic() - began >= 1.0


async def test_a_pause_that_is_too_long_is_not_waited_for() -> None:
    async with company(Reply(status=429, headers={"Retry-After": "3600"}), good()) as made:
        failed = await failure(made)
    assert (failed.code, failed.wait_seconds, len(made.asked)) == ("writer.busy", 3600.0, 1)


async def test_an_answer_that_is_late_is_not_waited_for() -> None:
    async with company(Reply(hangs=True)) as made:
        failed = await failure(made, attempts=1, seconds=0.2)
        await asyncio.wait_for(made.hung_up.wait(), 5)
    assert (failed.code, failed.retryable) == ("writer.unavailable", True)
    assert "within 0.2 s" in failed.message


async def test_a_connection_that_is_refused_is_a_writer_that_is_away() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        failed = await failure(Company((), url=f"http://127.0.0.1:{taken.getsockname()[1]}/v1"))
    assert (failed.code, failed.usage[0].calls) == ("writer.unavailable", 3)


async def test_a_job_that_is_stopped_hangs_up_at_once() -> None:
    async with company(Reply(hangs=True)) as made, asyncio.TaskGroup() as group:
        call = group.create_task(writer_of(made).write(INPUTS, "Tides", ""))
        await asyncio.wait_for(made.asking.wait(), 5)
        call.cancel()
        await asyncio.wait_for(made.hung_up.wait(), 2)
    assert call.cancelled()
    assert len(made.asked) == 1


async def test_a_model_that_the_worker_has_not_is_not_asked_for() -> None:
    async with company() as made:
        with pytest.raises(WriterFailed, match="`small-1`") as failed:
            made.online().writer("large-9")
    assert (failed.value.code, failed.value.retryable, made.asked) == ("writer.not_installed", False, [])


async def test_an_endpoint_that_keeps_failing_is_left_in_peace_then_asked_once() -> None:
    moments = [0.0]
    breaker = Breaker(clock(moments), failures=2, rest_seconds=30)
    down = Reply(status=500)
    async with company(down, down, down, good()) as made:
        await failure(made, breaker=breaker, attempts=1)
        await failure(made, breaker=breaker, attempts=1)
        assert "not asked for 30 s" in (await failure(made, breaker=breaker, attempts=1)).message
        assert len(made.asked) == 2
        moments.append(30.0)
        await failure(made, breaker=breaker, attempts=1)
        assert "3 times in a row" in (await failure(made, breaker=breaker, attempts=1)).message
        assert len(made.asked) == 3
        moments.append(60.0)
        await writer_of(made, breaker, 1).write(INPUTS, "Tides", "")
        await writer_of(made, breaker, 1).write(INPUTS, "Tides", "")
    assert len(made.asked) == 5


async def test_while_a_half_open_breaker_is_tried_nobody_else_asks_and_a_cancelled_try_frees_it() -> None:
    moments = [0.0]
    breaker = Breaker(clock(moments), failures=1, rest_seconds=30)
    async with company(Reply(status=500), Reply(hangs=True), good()) as made:
        await failure(made, breaker=breaker, attempts=1)
        moments.append(31.0)
        made.asking.clear()
        async with asyncio.TaskGroup() as group:
            trying = group.create_task(writer_of(made, breaker, 1).write(INPUTS, "Tides", ""))
            await asyncio.wait_for(made.asking.wait(), 5)
            assert (await failure(made, breaker=breaker, attempts=1)).usage == ()
            trying.cancel()
        assert (await writer_of(made, breaker, 1).write(INPUTS, "Tides", "")).title == "Tides"


async def test_answers_that_are_wrong_do_not_open_the_breaker() -> None:
    breaker = Breaker(clock([0.0]), failures=1, rest_seconds=30)
    async with company(said("nonsense"), good()) as made:
        await failure(made, breaker=breaker, attempts=1)
        assert (await writer_of(made, breaker, 1).write(INPUTS, "Tides", "")).title == "Tides"
