"""What stands in a database, for an operator who compares: collections, their validators, their indexes."""

from collections.abc import Mapping
from typing import Any

from eventlog.read.mongo.driver import Database, our_errors

Described = Mapping[str, tuple[Mapping[str, Any], Mapping[str, Mapping[str, Any]]]]
"""Collection to its validator, and to its indexes by name: `key` and options."""
_OPTIONS = ("unique", "sparse", "expireAfterSeconds")


async def described(database: Database) -> Described:
    """All collections. An index's `key` is a list of (field, way), in order. Raises `Unavailable`."""
    found: dict[str, tuple[Mapping[str, Any], Mapping[str, Mapping[str, Any]]]] = {}
    with our_errors():
        async for one in await database.list_collections():
            if one["type"] != "collection" or one["name"].startswith("system."):
                continue
            indexes = {
                index["name"]: {
                    "key": [list(pair) for pair in index["key"].items()],
                    **{name: index[name] for name in _OPTIONS if name in index},
                }
                async for index in database[one["name"]].list_indexes()
                if index["name"] != "_id_"
            }
            found[one["name"]] = (one["options"].get("validator", {}), indexes)
    return found
