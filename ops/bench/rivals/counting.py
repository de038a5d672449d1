"""What became of each wish, counted from the effects that are found afterwards. Pure."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID


class Wish(NamedTuple):
    """Something that is to be done once, after the wishes of its stream with smaller numbers."""

    id: UUID
    stream: UUID
    number: int


class Tally(NamedTuple):
    """Of how many wishes what became."""

    sent: int
    acknowledged: int
    lost: int
    """Acknowledged, and without any effect."""
    doubled: int
    """With more than one effect."""
    disordered: int
    """First done after a wish of the same stream that was sent later."""
    kept: int
    """Acknowledged, done once, in order."""

    @property
    def sound(self) -> bool:
        """Whether each acknowledged wish was done once and in order, and no other twice."""
        return self.kept == self.acknowledged and not self.doubled

    def __str__(self) -> str:
        return (
            f"{self.acknowledged} of {self.sent} acknowledged, {self.lost} of them lost, {self.doubled} doubled, "
            f"{self.disordered} out of order"
        )


def tally(sent: Sequence[Wish], acknowledged: Collection[UUID], effects: Sequence[UUID]) -> Tally:
    """`effects`: the ids of wishes in the order in which they took effect, one for each time that they did.

    Effects of anything else are left out.
    """
    wishes = {wish.id: wish for wish in sent}
    ours = [wishes[id_] for id_ in effects if id_ in wishes]
    times = Counter(wish.id for wish in ours)
    late = _late(ours)
    return Tally(
        sent=len(sent),
        acknowledged=len(acknowledged),
        lost=sum(1 for id_ in acknowledged if not times[id_]),
        doubled=sum(1 for wish in sent if times[wish.id] > 1),
        disordered=len(late),
        kept=sum(1 for id_ in acknowledged if times[id_] == 1 and id_ not in late),
    )


def _late(effects: Sequence[Wish]) -> set[UUID]:
    """Whose first effect came after that of a later wish of its stream."""
    furthest: dict[UUID, int] = {}
    late: set[UUID] = set()
    for wish in dict.fromkeys(effects):
        if wish.number < furthest.get(wish.stream, 0):
            late.add(wish.id)
        furthest[wish.stream] = max(wish.number, furthest.get(wish.stream, 0))
    return late
