"""What an account may keep of files of its own, and how many of them may come at a time.

The plan says how much, for the account; the process says how many bodies it takes at once, for everybody. What is kept
is read from the documents, which follow the log: several gateways together may take a little more than the plan says,
by what comes to each of them within the moment that the documents are behind.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final, NamedTuple, TypeAlias
from uuid import UUID

from contracts.plans import Plan
from services.gateway.http.problems import Problem

AT_ONCE: Final = 32
"""Bodies that a process takes at a time, of everybody together."""
RETRY_SECONDS: Final = 5
_ROOM: Final = "GET /v1/uploads lists them, DELETE takes one away; what no project uses goes by itself."

Owner: TypeAlias = tuple[str, str]
"""A tenant and an account of it."""


class Stock(NamedTuple):
    """Files of an account's own. `announced`: bytes that came, or that were said to come; `kept`: those that came."""

    files: int = 0
    announced: int = 0
    kept: int = 0


def check_announcement(plan: Plan, stock: Stock, size: int | None) -> None:
    """Raises the problem for a file too many, and for one of `size` bytes that there is no room for."""
    if stock.files >= plan.files:
        raise Problem(
            "upload.over_quota",
            f"The account has {stock.files:,} files of its own, those to come among them; the plan {plan.name} "
            f"allows {plan.files:,}. {_ROOM}",
        )
    _check_room(plan, plan.file_bytes - stock.announced, size or 1)


class Coming:
    """The bodies that this process takes right now, at most `most` at a time."""

    def __init__(self, most: int = AT_ONCE) -> None:
        self._most = most
        self._sizes: dict[Owner, dict[UUID, int]] = {}

    @contextmanager
    def admitted(self, owner: Owner, upload_id: UUID, plan: Plan) -> Generator["Share"]:
        """One body at a time for one upload, and only so many for one account. Raises the problem for one more."""
        mine = self._sizes.get(owner, {})
        if upload_id in mine:
            raise Problem("upload.in_progress", "This file is being sent already. Wait for that call to end.")
        if len(mine) >= plan.files_at_once:
            raise Problem(
                "upload.too_many",
                f"{len(mine)} files of the account are coming, as many as the plan {plan.name} allows at a time. "
                "Send this one when another has ended.",
                headers={"Retry-After": str(RETRY_SECONDS)},
            )
        if sum(len(one) for one in self._sizes.values()) >= self._most:
            raise Problem(
                "upload.busy",
                f"{self._most} files are coming, as many as this process takes at a time. Send this one in a while.",
                headers={"Retry-After": str(RETRY_SECONDS)},
            )
        self._sizes[owner] = mine
        mine[upload_id] = 0
        try:
            yield Share(plan, mine, upload_id)
        finally:
            del mine[upload_id]
            if not mine:
                del self._sizes[owner]


class Share:
    """The place of one body among those of its account."""

    def __init__(self, plan: Plan, sizes: dict[UUID, int], upload_id: UUID) -> None:
        self._plan = plan
        self._sizes = sizes
        self._mine = upload_id

    def take(self, stock: Stock, size: int) -> None:
        """Count so many bytes as the body's. Raises the problem where the plan, less what is there, has no room."""
        others = sum(taken for upload, taken in self._sizes.items() if upload != self._mine)
        _check_room(self._plan, self._plan.file_bytes - stock.kept - others, size)
        self._sizes[self._mine] = size


def _check_room(plan: Plan, room: int, size: int) -> None:
    if size > room:
        raise Problem(
            "upload.over_quota",
            f"The plan {plan.name} allows {plan.file_bytes:,} bytes of files, {plan.file_bytes - room:,} are used, and "
            f"the file has {size:,} or more. {_ROOM}",
        )
