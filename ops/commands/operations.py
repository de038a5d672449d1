"""`playhead operations`: who did what with `playhead`, when, and what came of it."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from cyclopts import Parameter, validators

from eventlog.read.postgres import Pool, tenant_transaction
from ops.commands.options import Json
from ops.commands.reach import postgres
from ops.settings import OpsSettings

FINE = 0
_OPERATIONS = (Path(__file__).parents[1] / "sql" / "operations.sql").read_text(encoding="utf-8")
Limit = Annotated[int, Parameter(validator=validators.Number(gte=1, lte=10_000))]


class Done(NamedTuple):
    """One operation. `began_at` is None where nobody could hear of it, `ended_at` where it goes on or was killed."""

    operator: str
    action: str
    target: str
    options: Sequence[str]
    outcome: str
    error: str
    began_at: datetime | None
    ended_at: datetime | None

    def as_json(self) -> dict[str, Any]:
        """Ready to be printed."""
        moments = {"beganAt": self.began_at, "endedAt": self.ended_at}
        return {
            **{name: value for name, value in self._asdict().items() if not name.endswith("_at")},
            **{name: None if at is None else at.isoformat() for name, at in moments.items()},
        }

    def __str__(self) -> str:
        """A line for people."""
        at = self.began_at or self.ended_at
        said = " ".join(filter(None, (self.action, self.target, *(f"--{option}" for option in self.options))))
        if self.ended_at is None:
            came = "has not ended: it goes on, or it was killed"
        elif self.began_at is None:
            came = self.outcome
        else:
            came = f"{self.outcome} after {(self.ended_at - self.began_at).total_seconds():.1f} s"
        return f"{at:%Y-%m-%d %H:%M:%S}  {self.operator}  {said}  {came}{f' ({self.error})' if self.error else ''}"


async def operations(*, limit: Limit = 50, as_json: Json = False) -> int:
    """Who did what with `playhead`, when, and what came of it; the newest first."""
    settings = OpsSettings()
    async with postgres(settings, "playhead-operations") as pool:
        found = await done_in(pool, settings.operators, limit)
    if as_json:
        print(json.dumps([one.as_json() for one in found]))
    else:
        print(*found or ["nobody has done anything yet, as far as the log was read"], sep="\n")
    return FINE


async def done_in(pool: Pool, tenant: str, limit: int) -> Sequence[Done]:
    """What the trail of that tenant tells, the newest first. Raises `Unavailable`."""
    async with tenant_transaction(pool, tenant, role="playhead_app") as connection:
        rows = await connection.fetch(_OPERATIONS, limit)
    return [
        Done(
            operator=row["actor"].removeprefix("operator:"),
            action=row["details"]["action"],
            target=row["details"]["target"],
            options=row["details"]["options"],
            outcome=row["details"].get("outcome", ""),
            error=row["details"].get("error", ""),
            began_at=row["began_at"],
            ended_at=row["ended_at"],
        )
        for row in rows
    ]
