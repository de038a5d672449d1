"""What was ever written can be replayed: every sample that was published, and a log that an older version wrote."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from contracts.catalog import Catalog
from contracts.check import FOLDER
from contracts.envelope import Command, Commit, Recorded
from contracts.evolution import Upcaster
from contracts.messages.job import JobQueued
from contracts.messages.project import ProjectCreated
from contracts.messages.session import SessionStarted
from contracts.model import EventBody
from eventlog.commit import Record, link, start
from eventlog.write.lane import Lane
from eventlog.write.ledger import MemoryLedger
from services.render.deciders import DECIDERS as RENDER_DECIDERS
from services.session.deciders import DECIDERS as SESSION_DECIDERS
from tests.bdd import NOON
from tests.flows.world import Service, World
from tests.gateway.company import Company
from tests.gateway.test_one_core import READS, WRITES, forget_and_fold, read, write
from tests.gateway.world import ADMINS, KEY
from tests.session.words import an_id

SAMPLES = sorted((FOLDER / "golden").glob("*.json"))
FIRST = {
    "account": "account.registered",
    "job": "job.queued",
    "operation": "operation.begun",
    "preset": "preset.saved",
    "project": "project.created",
    "session": "session.started",
    "upload": "upload.announced",
}
"""The event that a stream of each category begins with."""
NEEDS = {
    "account.identity_unlinked": "account.identity_linked",
    "account.key_revoked": "account.key_issued",
    "account.signed_out": "account.signed_in",
    "account.webhook_endpoint_changed": "account.webhook_endpoint_added",
    "account.webhook_endpoint_disabled": "account.webhook_endpoint_added",
    "account.webhook_secret_rotated": "account.webhook_endpoint_added",
}
"""Events that are of a thing which another one made."""


def sampled(file: Path) -> Recorded:
    """An event as it stands in the log, in the version that the sample is of."""
    type_, version = file.stem.rsplit(".v", 1)
    return Recorded(type=type_, type_version=int(version), data=msgspec.Raw(file.read_bytes()))


def story(file: Path) -> tuple[Recorded, ...]:
    """The shortest stream that has this sample as its last event."""
    type_ = file.stem.rsplit(".v", 1)[0]
    before = dict.fromkeys((FIRST[type_.partition(".")[0]], NEEDS.get(type_, type_), type_))
    return (*(sampled(file.with_name(f"{one}.v1.json")) for one in before if one != type_), sampled(file))


def append(service: Service, stream: str, events: tuple[Recorded, ...]) -> None:
    """One more commit at the end of a service's log."""
    commit = Commit(
        stream=stream,
        version=len(events),
        command_id=an_id(stream),
        command_type="Sample",
        payload_hash="0" * 32,
        at=NOON,
        tenant="ours",
        actor="tests",
        events=events,
    )
    head = service.log[-1].id if service.log else start(service.topic, 0).head
    service.log.append(Record(len(service.log), *link(head, stream.encode(), msgspec.json.encode(commit))))


def refusal(service: Service, stream: str) -> str:
    """What a service that folds all of its log answers to words that are no command."""
    ledger = MemoryLedger(start(service.topic, 0))
    lane = Lane((*SESSION_DECIDERS, *RENDER_DECIDERS), service.catalog, ledger, lambda _: True)
    assert all(lane.see(record) for record in service.log)
    words = Command(
        id=an_id("words"), stream=stream, type="", at=NOON, tenant="ours", actor="", data=msgspec.Raw(b"{}")
    )
    answer = lane.propose(words)
    assert answer is not None
    refused = msgspec.json.decode(answer.value, type=Commit).refusal
    assert refused is not None
    return refused.code


@pytest.mark.req(84)
@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.stem)
async def test_every_event_that_was_ever_published_goes_through_every_rule_and_into_every_table(file: Path) -> None:
    category = file.name.partition(".")[0]
    world = World()
    service = world.render if category in ("job", "upload") else world.session
    stream = f"{category}-{an_id(file.stem)}"
    append(service, stream, story(file))
    await world.read()
    world.told_again()
    assert refusal(service, stream) == "command.malformed", "it got as far as the words"


class LaterSession(SessionStarted):
    VERSION = 2
    mood: str


class LaterProject(ProjectCreated):
    VERSION = 3
    mood: str


class LaterJob(JobQueued):
    VERSION = 2
    mood: str


def later(catalog: Catalog, read_by: list[str]) -> Catalog:
    """The messages as a later version has them: three of the events want a word that nobody wrote until then."""
    bodies: dict[str, type[EventBody]] = {body.TYPE: body for body in (LaterSession, LaterProject, LaterJob)}

    def upcaster(old: type[EventBody], body: type[EventBody]) -> Upcaster[Any]:
        def into(event: EventBody) -> tuple[EventBody]:
            read_by.append(event.TYPE)
            return (body.model_validate({**event.model_dump(), "mood": "calm"}),)

        return Upcaster(old, into)

    events = [bodies.get(type_, body) for type_, body in catalog.events.items()]
    steps = [upcaster(old, bodies[type_]) for type_, old in catalog.events.items() if type_ in bodies]
    return Catalog(catalog.commands.values(), events, [*catalog.upcasters.values(), *steps])


@pytest.mark.req(84)
async def test_a_log_of_an_older_version_is_read_by_a_later_one_as_it_was() -> None:
    company = Company()
    company.changed["keys"] = ADMINS
    async with company.client(KEY) as page:
        for how in WRITES:
            await write(page, *how)
        await write(page, "POST", "/v1/sessions", {"sessionId": str(an_id("new")), "script": "A loop repeats."})
        answers, kept = await read(page), await company.services.everything()
        upcast: list[str] = []
        for service in (company.services.session, company.services.render):
            service.catalog = later(service.catalog, upcast).under(company.services.ring)
        await forget_and_fold(company)
        assert (await page.get(READS[1])).status_code == 404
        await company.show()
        assert set(upcast) == {"session.started", "project.created", "job.queued"}
        assert await company.services.everything() == kept
        assert await read(page) == answers
