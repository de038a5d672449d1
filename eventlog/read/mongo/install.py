"""Collections, validators and indexes, made before anything is written.

A collection made inside a transaction, by the first document, would have neither.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eventlog.read.mongo.driver import Database, OperationFailure, our_errors

_EXISTS = 48
_OTHER_OPTIONS = frozenset({85, 86})
_NOT_OURS = frozenset({"v", "ns"})


@dataclass(frozen=True, slots=True)
class Index:
    """One index, as data. `keys` are (field, 1 or -1); `seconds` makes documents go away that long after the field."""

    collection: str
    keys: Sequence[tuple[str, int]]
    unique: bool = False
    sparse: bool = False
    seconds: int | None = None

    def options(self) -> dict[str, Any]:
        """What the server wants beside the keys; its name tells what it is for."""
        options: dict[str, Any] = {"name": "_".join(f"{field}_{way}" for field, way in self.keys)}
        options |= {"unique": True} if self.unique else {}
        options |= {"sparse": True} if self.sparse else {}
        options |= {"expireAfterSeconds": self.seconds} if self.seconds is not None else {}
        return options


async def install(
    database: Database,
    current: Mapping[str, str],
    schemas: Mapping[str, Mapping[str, Any] | None],
    indexes: Iterable[Index],
) -> None:
    """Make each collection with its `$jsonSchema` (None: any document), and each index; what is there is brought up.

    A document that does not fit its schema is refused by the server. Raises `Unavailable`, and `ValueError` for an
    index that exists with other options: drop it by hand, where its loss is understood.
    `current` is where a projection's documents are, where that is not under its own name.
    """
    with our_errors():
        for name, schema in schemas.items():
            await _collection(database, current.get(name, name), schema)
        for index in indexes:
            try:
                collection = database[current.get(index.collection, index.collection)]
                await collection.create_index(list(index.keys), **index.options())
            except OperationFailure as error:
                if error.code not in _OTHER_OPTIONS:
                    raise
                raise ValueError(
                    f"{index.collection} has an index {index.options()['name']} with other options than {index}: "
                    "drop that index, then install again"
                ) from error


async def _collection(database: Database, name: str, schema: Mapping[str, Any] | None) -> None:
    rules: dict[str, Any] = {
        "validator": {"$jsonSchema": dict(schema)} if schema is not None else {},
        "validationLevel": "strict",
        "validationAction": "error",
    }
    try:
        await database.create_collection(name, check_exists=False, **rules)
    except OperationFailure as error:
        if error.code != _EXISTS:
            raise
        await database.command({"collMod": name, **rules})


async def copy_empty(database: Database, source: str, target: str) -> None:
    """An empty collection with the validator and the indexes of another one. Raises the driver's errors."""
    found = await database.list_collections(filter={"name": source})
    options = [one["options"] async for one in found]
    await database.create_collection(target, check_exists=False, **(options[0] if options else {}))
    indexes = [
        {name: value for name, value in index.items() if name not in _NOT_OURS}
        async for index in database[source].list_indexes()
        if index["name"] != "_id_"
    ]
    if indexes:
        await database.command({"createIndexes": target, "indexes": indexes})
