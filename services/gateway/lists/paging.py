"""Pages of a list: where one begins, and the cursor of the one after it."""

from collections.abc import Sequence

from services.gateway.auth.principal import Principal
from services.gateway.http import cursors
from services.gateway.http.cursors import Place
from services.gateway.http.problems import Problem
from services.gateway.ports.gateway import Gateway


def place_of(gateway: Gateway, caller: Principal, question: str, cursor: str | None) -> Place | None:
    """The place of a cursor that was given out for this question. Raises the problem for any other."""
    if not cursor:
        return None
    try:
        return cursors.read(gateway.signer, caller.tenant, question, cursor)
    except cursors.NotACursor as error:
        raise Problem(
            "cursor.invalid",
            "This cursor was not given out for this list. Take `nextCursor` of the page before, with the same filters, "
            "or start again without a cursor.",
        ) from error


def next_cursor(gateway: Gateway, caller: Principal, question: str, places: Sequence[Place], limit: int) -> str | None:
    """The cursor of the page after one of `limit` items; None where `places` has no more than these."""
    if len(places) <= limit:
        return None
    return cursors.written(gateway.signer, caller.tenant, question, places[limit - 1])
