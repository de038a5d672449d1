"""R9: films canceled while they are encoded: how soon the encoder is gone, what is paid back, what is still seen."""

from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from random import Random
from statistics import median
from typing import Any, Final, NamedTuple
from uuid import UUID

from blobs.objects import open_blobs
from contracts.pricing import price
from contracts.rendering import AssetKind, Stage
from contracts.topics import COMMANDS_OF
from eventlog.clock import now as clock
from eventlog.kafka import KafkaAccess, KafkaSender
from eventlog.read.postgres import open_pool
from services.render.retention import Keeping, Retention
from services.render.stages import parts
from tests.chaos.client import OVER, Client, now
from tests.chaos.goals.goal import Outcome, Tell
from tests.chaos.goals.observed import observed
from tests.chaos.history import History, said
from tests.chaos.invariants import hold
from tests.chaos.system import LOOK_SECONDS, System, encoding
from tests.chaos.turns import turn
from tests.waiting import eventually

SEED: Final = 9
FILMS: Final = 10
MOST_SECONDS: Final = 3.0
LATEST_PERCENT: Final = 80.0
FILM_SECONDS: Final = 300.0
OVER_SECONDS: Final = 60.0
CLEAN_SECONDS: Final = 60.0
OF_A_FILM: Final = frozenset({AssetKind.VIDEO, AssetKind.POSTER, AssetKind.CAPTIONS})
"""What the stage leaves that is canceled. The narration was made, and paid for: it stays with its session."""


class Canceled(NamedTuple):
    """`gone`: seconds from the call to the last moment when an encoder was seen."""

    session: UUID
    job: UUID
    gone: float


class Entry(NamedTuple):
    """What a job's run did to its account, by the log: how many points at last, and how often it was closed."""

    points: int
    closed: int


async def measure(folder: Path, tell: Tell) -> Outcome:
    """One film that is left alone, and others, each canceled at some moment of its last stage."""
    outcome = Outcome("R9", f"{FILMS} films canceled while they were encoded (seed {SEED})")
    async with observed(folder, outcome) as (system, client):
        tell("one film to its end")
        await client.completed(await client.ask(_wish(0)), FILM_SECONDS)
        canceled = await _canceled(system, client, tell)
        tell("looking at what is left")
        await _look(system, client, canceled, outcome)
    return outcome


async def _canceled(system: System, client: Client, tell: Tell) -> list[Canceled]:
    random = Random(f"{SEED}:cancels")
    found: list[Canceled] = []
    for number in range(1, FILMS + 1):
        session, percent = await client.ask(_wish(number)), random.uniform(0, LATEST_PERCENT)
        await _encoded_to(client, session, percent)
        found.append(await _cancel(system, client, session))
        tell(f"film {number} canceled at {percent:.0f} %; its encoder was gone after {found[-1].gone:.2f} s")
    return found


async def _encoded_to(client: Client, session: UUID, percent: float) -> None:
    """Return when its last stage has come so far."""

    async def so_far() -> bool:
        found = await client.session(session) or {}
        assert found.get("status") not in OVER, f"the film is {found['status']} before it was seen at {percent:.0f} %"
        told = found.get("progress") or {}
        return told.get("stage") == Stage.VIDEO and told["stagePercent"] >= percent

    await eventually(so_far, FILM_SECONDS, LOOK_SECONDS)


async def _cancel(system: System, client: Client, session: UUID) -> Canceled:
    """Return when the worker has let go of the job."""
    job = (await client.session(session) or {})["activeJob"]
    seen = called = now()
    answer = await client.http.post(f"/v1/jobs/{job}/cancel")
    assert answer.status_code == HTTPStatus.ACCEPTED, answer.text

    async def let_go() -> bool:
        nonlocal seen
        if await encoding(system):
            seen = now()
        return not (await turn(system, session)).leased

    await eventually(let_go, OVER_SECONDS, LOOK_SECONDS)
    return Canceled(session, UUID(job), seen - called)


async def _look(system: System, client: Client, canceled: Sequence[Canceled], outcome: Outcome) -> None:
    histories = await hold(system, client)
    outcome.at_least("films canceled", len(canceled), FILMS)
    outcome.at_most("encoder gone, s (slowest)", max(one.gone for one in canceled), MOST_SECONDS)
    outcome.figures["encoder gone, s (median)"] = round(median(one.gone for one in canceled), 2)

    wrong = wrongly_paid(histories["session"], histories["render"], [one.job for one in canceled])
    outcome.at_most("jobs that were not paid back as they should", len(wrong), 0)
    account = (await client.http.get("/v1/me/credits")).json()
    outcome.at_most(
        "points between the ledger and the account", abs(balance(histories["session"]) - account["balance"]), 0
    )

    shown = [await _shown(client, one) for one in canceled]
    outcome.at_most("artifacts of canceled films that are shown", sum(shown), 0)
    left = {blob.sha256 async for blob in open_blobs(system.blobs).list()} - named(histories["render"])
    outcome.at_most("blobs that no finished stage has left", len(left), 0)
    outcome.at_most("files in the workers' folders", len(_at_work(system)), 0)
    gone, kept = await _collected(system, client, canceled)
    outcome.at_most("blobs of canceled jobs after their collection", len(kept), 0)
    outcome.at_most("blobs of the film that was left alone that went with them", len(gone), 0)


async def _shown(client: Client, one: Canceled) -> int:
    """How much of its film a client still finds; fails where the session does not say what became of it."""
    session = await client.session(one.session)
    assert session is not None
    assert session["status"] == "canceled", f"the session of a canceled job is {session['status']}"
    job = (await client.http.get(f"/v1/jobs/{one.job}")).json()
    assert job["status"] == "canceled", f"the job is {job['status']}"
    bytes_of_it = await client.http.get(f"/api/videos/{one.job}")
    return (
        sum(asset["kind"] in OF_A_FILM for asset in session["assets"])
        + bool(session["videoFilePath"])
        + (bytes_of_it.status_code != HTTPStatus.NOT_FOUND)
    )


async def _collected(system: System, client: Client, canceled: Sequence[Canceled]) -> tuple[set[str], set[str]]:
    """The blobs of other jobs that went, and those of these that stayed, when these were forgotten, as a week later,
    and the bytes collected."""
    history = (await hold(system, client))["render"]
    jobs = {one.job for one in canceled}
    others = named(history, besides=jobs)
    at_once = Keeping(failed_days=0, completed_days=None, bytes_after=timedelta(0))
    blobs, sender = open_blobs(system.blobs), KafkaSender(KafkaAccess(system.endpoints.kafka), COMMANDS_OF)
    async with await open_pool(system.endpoints.postgres, application="playhead-chaos", seconds=60) as pool:
        retention = Retention(pool, sender, clock, blobs, at_once, _by_nothing_else)
        try:
            await retention.forget()
        finally:
            await sender.close()

        async def forgotten() -> bool:
            return not await retention.due()

        await eventually(forgotten, CLEAN_SECONDS, LOOK_SECONDS)
        await retention.forget_parts()
        while await retention.collect():
            pass
    assert not await parts.streams(blobs), "parts of canceled films are left"
    there = {blob.sha256 async for blob in blobs.list()}
    return others - there, there & (named(history, of=jobs) - others)


async def _by_nothing_else(_: Collection[str]) -> Collection[str]:
    """Nobody has sent a file to this system."""
    return ()


def _at_work(system: System) -> list[Path]:
    return [found for found in (system.folder / "work").glob("*/*") if not found.name.endswith(".lock")]


def named(history: History, *, of: Set[UUID] = frozenset(), besides: Set[UUID] = frozenset()) -> set[str]:
    """The digests of what stages have left: of these jobs, of all but those, or of all."""
    return {
        artifact["sha256"]
        for job, output in _outputs(history)
        if (not of or job in of) and job not in besides
        for artifact in output["artifacts"]
    }


def wrongly_paid(accounts: History, jobs: History, canceled: Sequence[UUID]) -> list[UUID]:
    """Those that cost something else than the stages that they finished, or were not settled or refunded once."""
    entries = _entries(accounts)
    worth = {job: Entry(-_price(job, jobs), 1) for job in canceled}
    return [job for job in canceled if entries.get(job) != worth[job]]


def balance(accounts: History) -> int:
    """What was given and taken, in sum."""
    return sum(data["amount"] for kind, data, _ in said(accounts) if kind.startswith("account.credits_"))


def _entries(accounts: History) -> Mapping[UUID, Entry]:
    found: dict[UUID, Entry] = {}
    for kind, data, _ in said(accounts):
        if kind.startswith("account.credits_") and kind != "account.credits_granted":
            before = found.get(job := UUID(data["jobId"]), Entry(0, 0))
            closes = kind in ("account.credits_settled", "account.credits_refunded")
            found[job] = Entry(before.points + data["amount"], before.closed + closes)
    return found


def _price(job: UUID, jobs: History) -> int:
    done = [output for one, output in _outputs(jobs) if one == job]
    length = max((output["durationMs"] or 0 for output in done), default=0)
    return price(length, [Stage(output["stage"]) for output in done])


def _outputs(history: History) -> Iterator[tuple[UUID, dict[str, Any]]]:
    for kind, data, _ in said(history):
        if kind == "job.stage_completed":
            yield UUID(data["jobId"]), data["output"]


def _wish(number: int) -> Mapping[str, Any]:
    """Some twenty seconds of film; no two are alike, or the second would be found in the store."""
    return {"script": f"This is film {number}. {_SCRIPT}", "kind": "slides"}


_SCRIPT: Final = " ".join(f"River number {number} does not hurry, and it is long." for number in range(6))
