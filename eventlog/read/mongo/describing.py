"""What stands in a database, for an operator who compares: collections, their validators, their indexes."""

import re
from collections.abc import Mapping
from typing import Any

from eventlog.read.mongo.driver import Database, our_errors

Described = Mapping[str, tuple[Mapping[str, Any], Mapping[str, Mapping[str, Any]]]]
"""Collection to its validator, and to its indexes by name: `key` and options."""
_BESIDE = re.compile(r"\.g\d+$")
_OPTIONS = ("unique", "sparse", "expireAfterSeconds")


async def described(database: Database, current: Mapping[str, str]) -> Described:
    """All collections that are read, under the names of their projections; `current` tells where those are.

    An index's `key` is a list of (field, way), in order. Raises `Unavailable`.
    """
    names = {collection: name for name, collection in current.items()}
    found: dict[str, tuple[Mapping[str, Any], Mapping[str, Mapping[str, Any]]]] = {}
    with our_errors():
        async for one in await database.list_collections():
            name: str = one["name"]
            if one["type"] != "collection" or name.startswith("system."):
                continue
            if name in current or (_BESIDE.search(name) and name not in names):
                continue  # of a generation that nobody reads
            indexes = {
                index["name"]: {
                    "key": [list(pair) for pair in index["key"].items()],
                    **{option: index[option] for option in _OPTIONS if option in index},
                }
                async for index in database[name].list_indexes()
                if index["name"] != "_id_"
            }
            found[names.get(name, name)] = (one["options"].get("validator", {}), indexes)
    return found
