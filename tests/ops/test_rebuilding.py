"""How long a rebuild waits for whom."""

import pytest

from eventlog.memory import MemoryEventLog
from eventlog.read.rebuild.memory import MemoryGenerations
from eventlog.read.replay import Source
from ops.commands.projectors import KNOWN, Reached
from ops.commands.rebuilding import drawn


@pytest.mark.parametrize("name", KNOWN)
def test_what_a_projector_lets_gather_does_not_make_it_late(name: str) -> None:
    kept = KNOWN[name]
    source = Source(MemoryEventLog(kept.projector.topic.name, 1), range(1), kept.projector.catalog)
    one = Reached(kept, "memory", MemoryGenerations(name, *kept.folds), source)
    with drawn(one, 0.2, 0) as watching:
        assert watching.pacing.most_late == pytest.approx(0.7 if name.startswith("analytics.") else 0.2)
