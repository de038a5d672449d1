"""What stands in the stores, as names and definitions, beside what the migrations and the contracts say.

For PostgreSQL nobody reads the migrations' text: they are applied to an empty database beside the real one, and what
the server says of both is compared. For MongoDB the collections are described as the contracts generate them.
"""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import msgspec

from contracts.documents import COLLECTIONS, json_schema
from eventlog import migrations
from eventlog.clock import new_id
from eventlog.errors import PlayheadError
from eventlog.read.mongo import Index, MongoDatabase
from eventlog.read.postgres.pool import Connection, our_errors
from ops.commands.migrating import schemas
from ops.commands.setup import MIGRATIONS
from services.gateway.reading import mongo
from services.render import stores as render
from services.session import stores as session

SECONDS = 60.0
_CATALOGUE = (files("ops.maintenance") / "sql" / "catalogue.sql").read_text(encoding="utf-8")
_SHOWN = 240

Catalogue: TypeAlias = Mapping[str, str]
"""`kind name` to definition."""


class Difference(NamedTuple):
    """`expected` or `actual` is empty where there is nothing."""

    store: str
    what: str
    expected: str
    actual: str

    def __str__(self) -> str:
        if not self.actual:
            return f"{self.store}: {self.what} is missing"
        if not self.expected:
            return f"{self.store}: {self.what} is there, and nothing asks for it"
        return f"{self.store}: {self.what} is {_short(self.actual)}, it should be {_short(self.expected)}"


class NoScratch(PlayheadError):
    """The migrations cannot be applied beside the real database."""


async def of_postgres(dsn: str) -> list[Difference]:
    """Where the database is not as the migrations make it. It is only read; the scratch database is gone afterwards.

    Raises `NoScratch` where none can be made, and `Unavailable`.
    """
    async with _connected(dsn) as connection:
        actual = await _catalogue(connection)
    async with _scratch(dsn) as beside, _connected(beside) as connection:
        expected = await _catalogue(connection)
    return list(_differences("PostgreSQL", expected, actual))


async def of_mongo(database: MongoDatabase) -> list[Difference]:
    """Where collections, validators or indexes are not as the contracts say. Raises `Unavailable`."""
    actual: dict[str, str] = {}
    for name, (validator, indexes) in (await database.described()).items():
        actual[f"collection {name}"] = "collection"
        actual[f"validator of {name}"] = _text(validator)
        actual |= {f"index {name}.{index}": _text(options) for index, options in indexes.items()}
    return list(_differences("MongoDB", expected_in_mongo(), actual))


def expected_in_mongo() -> Catalogue:
    """What `playhead migrate` and the gateway make."""
    names: Sequence[str] = (*session.NAMES, *render.NAMES)
    validators: dict[str, Any] = {name: {"$jsonSchema": json_schema(COLLECTIONS[name])} for name in names}
    expected: dict[str, str] = {}
    for name in (*names, *MongoDatabase.MACHINERY, mongo.ANSWERS):
        expected[f"collection {name}"] = "collection"
        expected[f"validator of {name}"] = _text(validators.get(name, {}))
    indexes: Sequence[Index] = (*session.INDEXES, *render.INDEXES, *mongo.INDEXES, *MongoDatabase.MACHINERY_INDEXES)
    for index in indexes:
        options = index.options()
        described = {
            "key": [list(pair) for pair in index.keys],
            **{name: options[name] for name in options if name != "name"},
        }
        expected[f"index {index.collection}.{options['name']}"] = _text(described)
    return expected


def _differences(store: str, expected: Catalogue, actual: Catalogue) -> Iterator[Difference]:
    for what in sorted({*expected, *actual}):
        should, is_ = expected.get(what), actual.get(what)
        if should != is_:
            yield Difference(store, what, _told(should), _told(is_))


def _told(definition: str | None) -> str:
    return "" if definition is None else definition or "there"


async def _catalogue(connection: Connection) -> Catalogue:
    with our_errors():
        rows = await connection.fetch(_CATALOGUE, [*schemas(), "playhead"])
    return {f"{row['kind']} {row['name']}": " ".join(row["definition"].split()) for row in rows}


@asynccontextmanager
async def _scratch(dsn: str) -> AsyncGenerator[str]:
    """The address of a database with every migration in it; gone on the way out."""
    name = f"playhead_scratch_{new_id().hex}"
    async with _connected(dsn) as connection:
        try:
            await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        except asyncpg.InsufficientPrivilegeError as error:
            raise NoScratch(
                "the migrations are applied to an empty database for comparison, and this role may not make one: "
                "validate as a role that has CREATEDB"
            ) from error
        try:
            beside = urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))
            for folder, path in MIGRATIONS:
                await migrations.up(beside, folder, path)
            yield beside
        finally:
            await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@asynccontextmanager
async def _connected(dsn: str) -> AsyncGenerator[Connection]:
    """Names in definitions are written out in full."""
    told = {"application_name": "playhead-maintenance", "search_path": "pg_catalog"}
    with our_errors():
        connection = await asyncpg.connect(dsn, timeout=SECONDS, command_timeout=SECONDS, server_settings=told)
        try:
            yield connection
        finally:
            await connection.close()


def _text(value: Any) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"
