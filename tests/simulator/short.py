"""Short words for scenarios of one lane over the box of `tests/eventlog/toys.py`."""

from eventlog.commit import Link, Record, start
from eventlog.write.lane import Lane
from eventlog.write.ledger import Ledger, MemoryLedger
from tests.eventlog.toys import CATALOG, TOPIC, TOY, add

BEGINNING = start(TOPIC, 0)


def a_lane(kind: type[Lane], ledger: Ledger | None = None) -> Lane:
    """A lane, or a mutant, over what is given."""
    return kind([TOY], CATALOG, ledger or MemoryLedger(BEGINNING), lambda stream: stream.startswith("toy-"))


def proposed(lane: Lane, *names: str) -> list[Link]:
    """One thing under each name."""
    return [one for name in names if (one := lane.propose(add(name))) is not None]


def seen(lane: Lane, *links: Link, first: int = 0) -> list[bool]:
    """Which of them count, as records from offset `first` on."""
    return [lane.see(Record(first + n, *one)) for n, one in enumerate(links)]
