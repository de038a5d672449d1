"""`playhead log show`: what became of one stream, up to a version or a time; its events, its state, its documents."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from contracts.catalog import Catalog
from contracts.envelope import Commit, category_of, stream_id
from contracts.messages import RENDER_CATALOG, SESSION_CATALOG
from eventlog.commit import accept, start
from eventlog.kafka import partition_for
from eventlog.read.counted import facts_of
from eventlog.read.projection import Fact, View
from eventlog.read.replay import ReadableLog, read_log
from eventlog.write.decider import Decider
from ops.commands.log import TOPIC_OF
from ops.commands.options import Json
from ops.commands.reach import log_of, subject_keys
from ops.commands.restoring import moment_of
from ops.redacting import personal_texts, redacted
from ops.settings import OpsSettings
from services.render import handlers as render
from services.render.deciders import DECIDERS as RENDER_DECIDERS
from services.session import handlers as session
from services.session.deciders import DECIDERS as SESSION_DECIDERS

FINE, WRONG, USAGE = 0, 1, 2
_DECIDERS: Mapping[str, Decider[Any]] = {one.category: one for one in (*SESSION_DECIDERS, *RENDER_DECIDERS)}
_PROJECTIONS = (*session.DOCUMENTS.projections, *render.DOCUMENTS.projections)
_SESSIONS = frozenset(one.category for one in SESSION_DECIDERS)
_decode = msgspec.json.Decoder(Commit).decode


class Shown(NamedTuple):
    """A stream as it was. `documents`: collection to what stood in it; `wholly`: nothing came later."""

    facts: Sequence[Fact]
    state: Any
    documents: Mapping[str, View]
    wholly: bool


async def show(
    stream: str,
    *,
    tenant: str = "",
    version: int | None = None,
    at: str = "",
    personal: bool = False,
    as_json: Json = False,
) -> int:
    """A stream as it was: its events up to then, what its decider knew, its documents. Exit 1 where there was none.

    Parameters
    ----------
    stream
        Its name in the log (session-<uuid>), or with --tenant what people call it (session-<their id>).
    version
        After its event of this number; without it and --at, as it is now.
    at
        After all that was asked for until this time, such as 2026-11-21T12:00:00Z.
    personal
        Show personal text, too; without it only how long it is.
    """
    category, _, public_id = stream.partition("-")
    try:
        moment = moment_of(at) if at else None
    except ValueError as error:
        return _tell({}, f"--at {error}", USAGE, as_json=as_json)
    if wrong := _misused(category, public_id, version, moment):
        return _tell({}, wrong, USAGE, as_json=as_json)
    name = stream_id(category, tenant, public_id) if tenant else stream
    settings = OpsSettings()
    async with log_of(settings, TOPIC_OF[category]) as log:
        commits = await commits_of(log, partition_for(name, log.partitions()), name)
    with subject_keys(settings) as opening:
        opened = _catalog_of(name).under(opening.keys).opened
        commits = await asyncio.to_thread(lambda: [opened(commit) for commit in commits])
    shown = as_it_was(name, commits, version, moment)
    reached = shown.facts[-1].version if shown.facts else 0
    if not shown.facts or (version is not None and reached < version):
        return _tell({}, _not_there(name, commits, reached, version, at), WRONG, as_json=as_json)
    told = told_of(name, shown, personal=personal)
    return _tell(told, _said(told), FINE, as_json=as_json)


async def commits_of(log: ReadableLog, partition: int, stream: str) -> list[Commit]:
    """The stream's commits that count, in order."""
    found: list[Commit] = []
    position = start(log.topic, partition)
    async for records in read_log(log, partition, 0, await log.end(partition)):
        for record in records:
            position, counts = accept(position, record)
            if counts and record.key == stream.encode():
                found.append(_decode(record.value))
    return found


def as_it_was(stream: str, commits: Sequence[Commit], version: int | None, at: datetime | None) -> Shown:
    """Fold the stream up to its event `version`, or its first commit that was asked for later than `at`."""
    catalog = _catalog_of(stream)
    happened: list[Fact] = []
    for commit in commits:
        if at is not None and commit.at > at:
            break
        happened += facts_of(commit, catalog)
    facts = [fact for fact in happened if version is None or fact.version <= version]
    decider = _DECIDERS[category_of(stream)]
    state, documents = decider.initial, dict[str, View]()
    for fact in facts:
        state = decider.evolve(state, fact.body)
    for projection in (one for one in _PROJECTIONS if one.category == decider.category):
        view: View = ()
        for fact in facts:
            view = projection.after(view, fact)
        documents[projection.name] = view
    return Shown(facts, state, documents, len(facts) == sum(len(commit.events) for commit in commits))


def _catalog_of(stream: str) -> Catalog:
    return SESSION_CATALOG if category_of(stream) in _SESSIONS else RENDER_CATALOG


def told_of(stream: str, shown: Shown, *, personal: bool) -> Mapping[str, Any]:
    """What is told of it, ready for JSON."""
    events = [
        {
            "id": str(fact.id),
            "version": fact.version,
            "at": fact.at.isoformat(),
            "actor": fact.actor,
            "type": fact.body.TYPE,
            "data": fact.body.model_dump(mode="json", by_alias=True),
        }
        for fact in shown.facts
    ]
    state = msgspec.to_builtins(shown.state, enc_hook=str)
    documents = {
        name: [json.loads(json.dumps(row, default=str)) for row in view] for name, view in shown.documents.items()
    }
    told = {"events": events, "state": state, "documents": documents}
    last = shown.facts[-1]
    about = {"stream": stream, "tenant": last.tenant, "version": last.version, "at": last.at.isoformat()}
    about |= {"isNow": shown.wholly}
    return about | (told if personal else redacted(told, personal_texts([event["data"] for event in events])))


def _misused(category: str, public_id: str, version: int | None, at: datetime | None) -> str:
    if category not in TOPIC_OF or not public_id:
        return f"no such stream: its name begins with one of {', '.join(f'{name}-' for name in TOPIC_OF)}"
    if version is not None and at is not None:
        return "--version and --at name two moments: give one of them"
    return "" if version is None or version > 0 else "--version counts events from 1"


def _not_there(stream: str, commits: Sequence[Commit], reached: int, version: int | None, at: str) -> str:
    if not any(commit.events for commit in commits):
        return f"nothing ever happened to {stream}: is its name right, or does --tenant belong to it?"
    if version is not None:
        return f"{stream} has {reached} event(s), not {version}"
    began = next(commit.at for commit in commits if commit.events)
    return f"{stream} was not there at {at}: its first event is of {began.isoformat()}"


def _said(told: Mapping[str, Any]) -> str:
    lines = [
        f"v{event['version']}  {event['at']}  {event['actor']}  {event['type']}  {_json(event['data'])}"
        for event in told["events"]
    ]
    now = "as it is now" if told["isNow"] else f"as it was at v{told['version']}, {told['at']}"
    lines += [f"{told['stream']} of {told['tenant']}, {now}", f"state: {_json(told['state'], 2)}"]
    lines += [f"{name}: {_json(row, 2)}" for name, rows in told["documents"].items() for row in rows]
    return "\n".join(lines)


def _json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _tell(told: Mapping[str, Any], said: str, code: int, *, as_json: bool) -> int:
    print(json.dumps(told or {"wrong": said}) if as_json else said)
    return code
