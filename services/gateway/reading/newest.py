"""Lists that begin with the newest: their order in MongoDB, and what comes after a place in it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.gateway.http.cursors import Place

NEWEST: Final = (("createdAt", -1), ("_id", -1))


def behind(place: Place | None) -> Sequence[Mapping[str, Any]]:
    """The clauses, all of which hold for what comes after the place; none for the list from its beginning."""
    if place is None:
        return ()
    return ({"$or": [{"createdAt": {"$lt": place.at}}, {"createdAt": place.at, "_id": {"$lt": place.id}}]},)
