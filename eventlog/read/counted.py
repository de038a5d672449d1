"""A record that counts, as far as it can be read: the commit in it, and its events in today's words."""

from typing import NamedTuple

import msgspec

from contracts.catalog import Catalog
from contracts.envelope import Commit
from eventlog.commit import Record
from eventlog.read.projection import Fact

_decode_commit = msgspec.json.Decoder(Commit).decode


class Counted(NamedTuple):
    """A record that counts. `commit` is None where its envelope cannot be read."""

    stream: str
    record: Record
    commit: Commit | None


def counted_of(record: Record, catalog: Catalog) -> Counted:
    """A record that counts, as far as it can be read: where its envelope cannot, its stream is its key."""
    try:
        commit = catalog.opened(_decode_commit(record.value))
    except msgspec.DecodeError:
        return Counted(record.key.decode(errors="replace"), record, None)
    return Counted(commit.stream, record, commit)


def facts_of(commit: Commit, catalog: Catalog) -> list[Fact]:
    """Its events, each in its newest version. Raises `UnknownMessage` or `MalformedMessage`."""
    before = commit.version - len(commit.events)
    return [
        Fact(
            stream=commit.stream,
            version=before + n + 1,
            at=commit.at,
            tenant=commit.tenant,
            actor=commit.actor,
            command_id=commit.command_id,
            place=n,
            part=part,
            body=body,
        )
        for n, recorded in enumerate(commit.events)
        for part, body in enumerate(catalog.read_event(recorded.type, recorded.type_version, bytes(recorded.data)))
    ]
