"""Pages of a list: where one begins, how much is looked for, and the cursor of the one after it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Query

from services.gateway.auth.principal import Principal
from services.gateway.http import cursors
from services.gateway.http.cursors import Place
from services.gateway.http.problems import Problem
from services.gateway.http.view import Page
from services.gateway.ports.gateway import Gateway
from services.gateway.stored import Stored

Shown = TypeVar("Shown")

Limit = Annotated[int, Query(ge=1, le=100, description="How many items at most.")]
Cursor = Annotated[str | None, Query(max_length=1024, description="`nextCursor` of the page before.")]


def created(one: Stored) -> Place:
    """The place of a document in a list that begins with the newest."""
    return Place(one["createdAt"], one["_id"])


@dataclass(frozen=True)
class Listing:
    """A page as it was asked for: what comes `after` a place (None: from the beginning), at most `limit` items."""

    gateway: Gateway
    caller: Principal
    question: str
    limit: int
    after: Place | None

    @property
    def wanted(self) -> int:
        """How many are to be looked for: one more than are shown tells whether there are more."""
        return self.limit + 1

    def page(
        self,
        kind: type[Page[Shown]],
        found: Sequence[Stored],
        show: Callable[[Stored], Shown],
        place: Callable[[Stored], Place] = created,
    ) -> Page[Shown]:
        """The page of what was found, up to `wanted` of it."""
        items = [show(one) for one in found[: self.limit]]
        return kind(items=items, next_cursor=self.next_cursor(found, place), has_more=len(found) > self.limit)

    def next_cursor(self, found: Sequence[Stored], place: Callable[[Stored], Place] = created) -> str | None:
        """The cursor of the page after this one; None where no more than this one was found."""
        if len(found) <= self.limit:
            return None
        last = place(found[self.limit - 1])
        return cursors.written(self.gateway.signer, self.caller.tenant, self.question, last)


def listing(gateway: Gateway, caller: Principal, question: str, limit: int, cursor: str | None) -> Listing:
    """The page that a cursor of this question leads to. Raises the problem for any other cursor."""
    try:
        after = cursors.read(gateway.signer, caller.tenant, question, cursor) if cursor else None
    except cursors.NotACursor as error:
        raise Problem(
            "cursor.invalid",
            "This cursor was not given out for this list. Take `nextCursor` of the page before, with the same filters, "
            "or start again without a cursor.",
        ) from error
    return Listing(gateway, caller, question, limit, after)
