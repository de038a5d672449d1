"""A session as it was: its events up to then, folded as they are folded now."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from contracts.messages import SESSION_CATALOG
from eventlog.read.projection import Fact, View
from services.gateway.auth.reach import Reach
from services.gateway.ports.gateway import Gateway
from services.gateway.stored import Stored
from services.session.projections.sessions import PROJECTION

PAGE = 200


async def session_as_it_was(
    gateway: Gateway, reach: Reach, stream: str, *, version: int | None, at: datetime | None
) -> Stored | None:
    """The document after event `version`, or after all until `at`; None where there was none then.

    Raises `Unavailable`.
    """
    view: View = ()
    seen = 0
    while True:
        rows = await gateway.documents.history(reach, stream, after=seen, limit=PAGE)
        for row in rows:
            if (version is not None and row["version"] > version) or (at is not None and row["at"] > at):
                return view[0] if view else None
            for fact in _facts(row):
                view = PROJECTION.after(view, fact)
            seen = row["version"]
        if len(rows) < PAGE:
            was_reached = version is None or seen == version
            return view[0] if view and was_reached else None


def _facts(row: Stored) -> Iterator[Fact]:
    """Without their place in their commit, which the history does not keep: no document shows an event's id."""
    for body in SESSION_CATALOG.read_event(row["type"], row["typeVersion"], msgspec.json.encode(row["data"])):
        yield Fact(
            stream=row["stream"],
            version=row["version"],
            at=row["at"],
            tenant=row["tenant"],
            actor=row["actor"],
            command_id=row["commandId"],
            body=body,
        )
