"""What is promised of a storm, as figures; each promise that was not kept is a sentence in `Outcome.missed`."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from ops.bench.measure import percentile
from ops.bench.rivals.counting import Wish, tally
from tests.chaos.goals.goal import Outcome
from tests.chaos.history import History
from tests.chaos.seeds.anomaly import Anomaly


def once_and_in_order(outcome: Outcome, sent: Sequence[Wish], acknowledged: Collection[UUID], history: History) -> None:
    """Every acknowledged command has one commit that counts, behind those of its stream that were sent before it.

    Counted from the log alone: what counts is found by the accept rule, from the genesis of each partition on.
    """
    found = tally(sent, acknowledged, [one.commit.command_id for one in history.counted])
    outcome.figures["commands"] = found.sent
    outcome.figures["streams"] = len({wish.stream for wish in sent})
    outcome.figures["copies of commands in the topic"] = history.copies
    outcome.figures["commits that did not count"] = history.ignored
    outcome.at_least("acknowledged", found.acknowledged, found.sent)
    outcome.at_most("lost", found.lost, 0)
    outcome.at_most("doubled", found.doubled, 0)
    outcome.at_most("out of order", found.disordered, 0)


def recovered(outcome: Outcome, back: Sequence[tuple[str, float]], names: Iterable[str], least: int) -> None:
    """Each of these was ended at least so often. `back`: of each end, whom it met, and seconds until it was over."""
    times = Counter(name for name, _ in back)
    for name in names:
        outcome.at_least(f"ends of {name}", times[name], least)
    seconds = sorted(seconds for _, seconds in back)
    outcome.figures["ends"] = len(seconds)
    if seconds:
        outcome.figures["works again after s, p50"] = round(percentile(seconds, 0.5), 1)
        outcome.figures["works again after s, longest"] = round(seconds[-1], 1)


def sound(outcome: Outcome, anomalies: Sequence[Anomaly]) -> None:
    """No invariant is broken."""
    outcome.at_most("anomalies", len(anomalies), 0)
    outcome.missed += [f"{one.invariant}: {one.what}" for one in anomalies]
