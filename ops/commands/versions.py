"""`playhead log versions`: which versions of which events stand in the log, and what reads them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from contracts.catalog import Catalog
from contracts.messages import RENDER_CATALOG, SESSION_CATALOG
from contracts.topics import RENDER_EVENTS, SESSION_EVENTS
from eventlog.read.versions import Seen, Tally, Unreadable, Version, tally
from ops.commands.options import Json
from ops.commands.reach import log_of
from ops.settings import OpsSettings

FINE, WRONG, USAGE = 0, 1, 2
CATALOGS: Mapping[str, Catalog] = {SESSION_EVENTS.name: SESSION_CATALOG, RENDER_EVENTS.name: RENDER_CATALOG}
_WORDS = {"newest": "as it is", "upcaster": "by its upcaster", "nothing": "NOT by this code"}


async def versions(topic: str = "", *, as_json: Json = False) -> int:
    """Every version of every event in the log: how many, the first and the last, and what reads it.

    Exit 1: some of it cannot be read by this version of the code.

    Parameters
    ----------
    topic
        One topic only, such as playhead.session.events.
    """
    if topic and topic not in CATALOGS:
        print(f"{topic!r} is no topic of events; there are {', '.join(CATALOGS)}")
        return USAGE
    settings = OpsSettings()
    found: dict[str, Tally] = {}
    for name, catalog in CATALOGS.items():
        if topic in ("", name):
            async with log_of(settings, name) as log:
                partitions = range(log.partitions())
                total = sum([await log.end(partition) for partition in partitions])
                with Progress(console=Console(stderr=True), transient=True) as progress:
                    bar = progress.add_task(name, total=total)
                    found[name] = await tally(log, partitions, catalog, lambda n, bar=bar: progress.advance(bar, n))
    return tell(found, as_json=as_json)


def tell(found: Mapping[str, Tally], *, as_json: bool) -> int:
    """Print what was found; whether all of it can be read, as an exit code."""
    lines = {name: told.versions() for name, told in found.items()}
    if as_json:
        print(json.dumps({name: _as_json(lines[name], told.unreadable) for name, told in found.items()}))
    else:
        for name, told in found.items():
            Console().print(_table(name, lines[name]))
            if told.unreadable:
                print(f"{name}: {told.unreadable.count} commits cannot be read, the first at {_place(told.unreadable)}")
    unread = [one for versions in lines.values() for one in versions if one.reads == "nothing"]
    if unread and not as_json:
        names = ", ".join(f"{one.type} v{one.version}" for one in unread)
        print(f"this version of the code does not read {names}: run the one that wrote it, or a newer one")
    return WRONG if unread or any(told.unreadable for told in found.values()) else FINE


def _table(name: str, versions: Sequence[Version]) -> Table:
    """A line a version; places are partition/offset."""
    table = Table(title=name, title_justify="left", box=None)
    for heading in ("event", "version", "count", "first", "last", "is read"):
        table.add_column(heading, no_wrap=True, overflow="fold")
    for one in versions:
        table.add_row(one.type, f"v{one.version}", f"{one.count}", _told(one.first), _told(one.last), _WORDS[one.reads])
    return table


def _told(seen: Seen) -> str:
    return f"{seen.partition}/{seen.offset}"


def _place(unreadable: Unreadable) -> str:
    return f"{unreadable.first_partition}/{unreadable.first_offset}"


def _as_json(versions: Sequence[Version], unreadable: Unreadable | None) -> dict[str, Any]:
    return {
        "versions": [_version(one) for one in versions],
        "unreadable": unreadable.count if unreadable else 0,
    }


def _version(one: Version) -> dict[str, Any]:
    return msgspec.to_builtins(asdict(one) | {"first": one.first._asdict(), "last": one.last._asdict()})
