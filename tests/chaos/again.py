"""Decide everything once more, with the deciders alone: no overlay, no ledger, no other lane's shortcuts."""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import msgspec

from contracts.catalog import Catalog, MalformedMessage, UnknownMessage
from contracts.envelope import Command, Commit, Recorded, Refusal, category_of, stream_id
from contracts.messages import RENDER_CATALOG, SESSION_CATALOG
from contracts.sealing import Keys, sealed
from eventlog.errors import Refused
from eventlog.write.decider import Decider
from eventlog.write.deciding import payload_hash
from services.render.deciders import DECIDERS as RENDER_DECIDERS
from services.session.deciders import DECIDERS as SESSION_DECIDERS
from tests.chaos.history import History

RULES: Mapping[str, tuple[Catalog, Sequence[Decider[Any]]]] = {
    "session": (SESSION_CATALOG, SESSION_DECIDERS),
    "render": (RENDER_CATALOG, RENDER_DECIDERS),
}


class Stream(msgspec.Struct):
    """A stream as the commits before have left it."""

    state: Any
    version: int = 0
    tenant: str = ""


def decided_otherwise(service: str, history: History, keys: Keys) -> list[str]:
    """Every commit that counts and is not what the deciders make of its command and of the commits before it."""
    plain, deciders = RULES[service]
    catalog = plain.under(keys)
    by_category = {decider.category: decider for decider in deciders}
    streams: dict[str, Stream] = {}
    wrong: list[str] = []
    for one in history.counted:
        decider = by_category[category_of(one.commit.stream)]
        stream = streams.setdefault(one.commit.stream, Stream(decider.initial))
        wordings = history.asked.get(one.commit.command_id, [])
        if one.value not in [msgspec.json.encode(_decide(catalog, decider, stream, said)) for said in wordings]:
            wrong.append(f"{service}[{one.partition}] offset {one.offset}: {one.commit.command_type}")
        _follow(catalog, decider, stream, one.commit)
    return wrong


def _decide(catalog: Catalog, decider: Decider[Any], stream: Stream, command: Command) -> Commit:
    try:
        events = _events(catalog, decider, stream, command)
    except Refused as refused:
        return _commit(command, stream.version, refusal=Refusal(code=refused.code, detail=refused.detail))
    about = _about(decider, stream, command, events) if catalog.keys.seals else ""
    recorded = tuple(
        Recorded(type=e.TYPE, type_version=e.VERSION, data=sealed(e, e.TYPE, command.stream, about, catalog.keys))
        for e in events
    )
    return _commit(command, stream.version + len(recorded), about, events=recorded)


def _about(decider: Decider[Any], stream: Stream, command: Command, events: Sequence[Any]) -> str:
    """The account stream of whom the commit is about: as it is afterwards, or was before."""
    after = reduce(decider.evolve, events, stream.state)
    account = next((found for state in (after, stream.state) if state and (found := decider.subject(state))), None)
    if account is None or decider.category == "account":
        return command.stream if account else ""
    return stream_id("account", command.tenant, str(account))


def _events(catalog: Catalog, decider: Decider[Any], stream: Stream, command: Command) -> Sequence[Any]:
    try:
        body = catalog.decode_command(command.type, command.type_version, catalog.opened_command(command))
    except (UnknownMessage, MalformedMessage) as error:
        raise Refused("command.malformed", str(error)) from error
    others = command.only_of is not None and decider.subject(stream.state) not in (None, command.only_of)
    foreign = stream.tenant not in ("", command.tenant) or others
    if command.expected_version not in (None, stream.version) and not foreign:
        raise Refused("version.stale", f"expected version {command.expected_version}, it is {stream.version}")
    events = decider.decide(decider.initial if foreign else stream.state, body, command.at)
    if others and events:
        raise Refused(f"{decider.category}.exists", f"another {decider.category} has this id")
    if foreign and events:
        raise Refused("stream.not_found", f"there is no {decider.category} of that id")
    return events


def _commit(
    command: Command, version: int, about: str = "", events: tuple[Recorded, ...] = (), refusal: Refusal | None = None
) -> Commit:
    return Commit(
        stream=command.stream,
        version=version,
        command_id=command.id,
        command_type=command.type,
        payload_hash=payload_hash(command),
        at=command.at,
        tenant=command.tenant,
        actor=command.actor,
        origin=command.origin,
        subject=about,
        events=events,
        refusal=refusal,
    )


def _follow(catalog: Catalog, decider: Decider[Any], stream: Stream, commit: Commit) -> None:
    for recorded in catalog.opened(commit).events:
        for event in catalog.read_event(recorded.type, recorded.type_version, bytes(recorded.data)):
            stream.state = decider.evolve(stream.state, event)
    stream.version = commit.version
    stream.tenant = stream.tenant or (commit.tenant if commit.events else "")
