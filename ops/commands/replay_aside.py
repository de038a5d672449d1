"""Where a replay is kept: a database beside the documents, schemas beside the tables. And how it goes again."""

from collections.abc import Mapping

from eventlog.clock import now
from eventlog.errors import PlayheadError
from eventlog.read.as_of import Past, Scope
from eventlog.read.differences import by_key
from eventlog.read.mongo import MongoDatabase
from eventlog.read.postgres import Pool
from eventlog.read.postgres.aside import Aside, drop_aside, schemas_aside, write_aside
from ops.commands.projectors import IN_MONGO, Kept
from ops.commands.reach import documents, endpoints, postgres
from ops.settings import OpsSettings

REPLAYED = "replayed"
"""The collection by which a database is known for a replay's."""
_DOCUMENTS = 1_000


class ReplayRefused(PlayheadError):
    """The name is taken."""


async def check_free(settings: OpsSettings, pool: Pool, name: str) -> None:
    """Raises `ReplayRefused` where a database or schema of that name is there; otherwise the name is taken now."""
    database = _beside(settings, name)
    try:
        taken = [f"the database {database.name} of MongoDB"] if await database.names() else []
        taken += [f"the schema {found} of PostgreSQL" for found in await schemas_aside(pool, name)]
        if taken:
            raise ReplayRefused(
                f"{' and '.join(taken)} exist(s): name another place, or drop what a replay made there with "
                f"`playhead replay --drop-name {name}`"
            )
        await database.add(REPLAYED, [{"_id": name, "begunAt": now()}])
    finally:
        database.close()


async def keep_aside(
    settings: OpsSettings, pool: Pool, name: str, kept: Kept, past: Past, scope: Scope
) -> Mapping[str, int]:
    """Write what was folded; how many documents or rows each place has."""
    folded = {
        one.name: (one, by_key(past.store, one)) for one in (*kept.projector.projections, *kept.projector.journals)
    }
    if kept not in IN_MONGO:
        about = f"{kept.name} {_said(scope)}"
        return await write_aside(
            pool, name, about, [Aside(table, one.key, rows.values()) for table, (one, rows) in folded.items()]
        )
    database = _beside(settings, name)
    try:
        for collection, (_, rows) in folded.items():
            found = list(rows.values())
            for n in range(0, len(found), _DOCUMENTS):
                await database.add(collection, found[n : n + _DOCUMENTS])
        await database.add(REPLAYED, [{"_id": kept.name, "scope": _said(scope), "finishedAt": now()}])
        return {f"{database.name}.{collection}": len(rows) for collection, (_, rows) in folded.items()}
    finally:
        database.close()


async def drop(settings: OpsSettings, name: str) -> list[str]:
    """Drop what replays into that name have made; what it was."""
    database = _beside(settings, name)
    try:
        dropped: list[str] = []
        if REPLAYED in await database.names():
            await database.drop()
            dropped.append(f"the database {database.name} of MongoDB")
    finally:
        database.close()
    async with postgres(settings, "playhead-replay") as pool:
        return dropped + [f"the schema {found} of PostgreSQL" for found in await drop_aside(pool, name)]


def _beside(settings: OpsSettings, name: str) -> MongoDatabase:
    where = endpoints(settings).mongodb
    return MongoDatabase.connect(where, f"{documents(settings)}_{name}", application="playhead-replay")


def _said(scope: Scope) -> str:
    given = {name: getattr(scope, name) for name in ("at", "stream", "tenant", "since", "until")}
    return ", ".join(f"{name} {value}" for name, value in given.items() if value) or "everything"
