"""What is known of a projector's generations, and how that may change. Pure: stores keep it, `running.py` acts on it.

    planned → building ⇄ ready → (switched: it is current, the one before is kept)
                    ↘ refused → approved, thereby ready → …

A rollback is the way back to the generation that is kept: it is ready, follows the log to where the current one stands,
and is switched to. Whatever is dropped is noted first, and dropped by whoever comes next, should this process end.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from eventlog.errors import PlayheadError

State = Literal["planned", "building", "refused", "ready"]


class RebuildRefused(PlayheadError):
    """What was asked for is not possible as things are; the sentence says what is."""


class Difference(msgspec.Struct, frozen=True, rename="camel"):
    """One field that the two generations tell differently; personal text is shortened."""

    name: str
    id: str
    field: str
    live: str
    rebuilt: str

    def __str__(self) -> str:
        where = f" {self.field}" if self.field else ""
        return f"{self.name} {self.id}{where}: live {self.live}, rebuilt {self.rebuilt}"


class Rebuild(msgspec.Struct, frozen=True, rename="camel"):
    """A generation that is on its way to become the current one. `versions` are those of the folds that make it.

    `released`: how often the current generation's parked records had been dealt with when the two were compared.
    """

    generation: int
    state: State
    versions: Mapping[str, int]
    approved: bool = False
    cancelled: bool = False
    differences: tuple[Difference, ...] = ()
    unlisted: int = 0
    released: int = 0

    @property
    def different(self) -> int:
        """In how many places the comparison found another value."""
        return len(self.differences) + self.unlisted


class Generations(msgspec.Struct, frozen=True, rename="camel"):
    """One projector's. Stores replace it only where its `revision` is still the one that was read.

    `previous` is kept for a rollback; `dropping` are generations that nobody may need any more.
    """

    projector: str
    revision: int = 0
    current: int = 0
    previous: int | None = None
    newest: int = 0
    rebuild: Rebuild | None = None
    dropping: tuple[int, ...] = ()

    @property
    def going_back(self) -> bool:
        """Whether what is under way is a rollback."""
        return self.rebuild is not None and self.rebuild.generation == self.previous


def planned(kept: Generations, versions: Mapping[str, int]) -> Generations:
    """A rebuild begins, or goes on. One of other versions, or one that was refused, is given up for a new one.

    What another process has found equal, or was allowed to switch to, is compared anew: the code that goes on may be
    another one of the same versions, and what it folds now would be read by everybody, compared by nobody.
    """
    under_way = kept.rebuild
    if under_way is not None:
        if kept.going_back:
            raise RebuildRefused(
                f"{kept.projector}: a rollback was begun and not finished. `playhead rollback {kept.projector}` "
                f"finishes it, `playhead rebuild {kept.projector} --cancel` gives it up."
            )
        if under_way.state != "refused" and under_way.versions == versions and not under_way.cancelled:
            return outdated(kept) if under_way.state == "ready" else kept
        kept = abandoned(kept)
    number = kept.newest + 1
    return _next(kept, newest=number, rebuild=Rebuild(number, "planned", dict(versions)))


def made(kept: Generations) -> Generations:
    """There is somewhere to fold into."""
    return _moved(kept, "planned", state="building")


def equal(kept: Generations, released: int) -> Generations:
    """At one place in the log both generations hold the same."""
    return _moved(kept, "building", state="ready", released=released)


def different(kept: Generations, differences: tuple[Difference, ...], unlisted: int, released: int) -> Generations:
    """They do not: an operator has to look."""
    return _moved(kept, "building", state="refused", differences=differences, unlisted=unlisted, released=released)


def outdated(kept: Generations) -> Generations:
    """It is not what was compared, or approved, any more: it has to be compared anew."""
    return _moved(kept, "ready", state="building", approved=False, differences=(), unlisted=0)


def approved(kept: Generations, versions: Mapping[str, int]) -> Generations:
    """An operator has seen the difference, and wants what was rebuilt."""
    under_way = kept.rebuild
    if under_way is None or under_way.state != "refused":
        raise RebuildRefused(
            f"{kept.projector}: there is no difference that waits for approval. "
            f"`playhead rebuild {kept.projector}` makes the comparison."
        )
    if under_way.versions != versions:
        raise RebuildRefused(
            f"{kept.projector}: what waits for approval was folded by other versions of the projections "
            f"({told(under_way.versions)}) than this code has ({told(versions)}): "
            f"`playhead rebuild {kept.projector}` compares anew."
        )
    return _moved(kept, "refused", state="ready", approved=True)


def going_back(kept: Generations, versions: Mapping[str, int]) -> Generations:
    """A rollback begins, or goes on."""
    if kept.going_back:
        return kept
    if kept.rebuild is not None:
        raise RebuildRefused(
            f"{kept.projector}: a rebuild is under way. `playhead rebuild {kept.projector} --cancel` gives it up, "
            "then roll back."
        )
    if kept.previous is None:
        raise RebuildRefused(
            f"{kept.projector}: no earlier generation is kept, so there is nothing to go back to. One is kept after "
            f"each `playhead rebuild {kept.projector}` that has switched."
        )
    return _next(kept, rebuild=Rebuild(kept.previous, "ready", dict(versions), approved=True))


def cancelled(kept: Generations) -> Generations:
    """Whoever runs it is to stop; nothing that is read changes."""
    if kept.rebuild is None:
        raise RebuildRefused(f"{kept.projector}: nothing is being rebuilt, so there is nothing to cancel.")
    return (
        kept if kept.rebuild.cancelled else _next(kept, rebuild=msgspec.structs.replace(kept.rebuild, cancelled=True))
    )


def abandoned(kept: Generations) -> Generations:
    """It is given up. What was built goes; what a rollback would have gone to stays."""
    assert kept.rebuild is not None
    gone = () if kept.going_back else (kept.rebuild.generation,)
    return _next(kept, rebuild=None, dropping=(*kept.dropping, *gone))


def switched(kept: Generations) -> Generations:
    """The generation is the current one. To be kept in the same step in which readers come to see it."""
    under_way = kept.rebuild
    if under_way is None or under_way.state != "ready" or under_way.cancelled:
        raise RebuildRefused(f"{kept.projector}: there is no generation that is ready to be switched to.")
    gone = () if kept.previous is None or kept.going_back else (kept.previous,)
    return _next(
        kept,
        current=under_way.generation,
        previous=kept.current,
        rebuild=None,
        dropping=(*kept.dropping, *gone),
    )


def forgotten(kept: Generations) -> Generations:
    """The generation for a rollback goes."""
    if kept.rebuild is not None:
        raise RebuildRefused(f"{kept.projector}: a rebuild is under way; finish or cancel it first.")
    if kept.previous is None:
        raise RebuildRefused(f"{kept.projector}: no earlier generation is kept, so there is nothing to forget.")
    return _next(kept, previous=None, dropping=(*kept.dropping, kept.previous))


def dropped(kept: Generations, generation: int) -> Generations:
    """It is gone."""
    return _next(kept, dropping=tuple(one for one in kept.dropping if one != generation))


def told(versions: Mapping[str, int]) -> str:
    """For people."""
    return ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))


def _moved(kept: Generations, before: State, **after: object) -> Generations:
    under_way = kept.rebuild
    if under_way is None or under_way.state != before:
        found = under_way.state if under_way else "nothing"
        raise RebuildRefused(f"{kept.projector}: a rebuild that is {before} was expected, there is {found}.")
    return _next(kept, rebuild=msgspec.structs.replace(under_way, **after))


def _next(kept: Generations, **after: object) -> Generations:
    return msgspec.structs.replace(kept, revision=kept.revision + 1, **after)
