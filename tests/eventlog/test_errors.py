"""What an error says does not depend on the process in which it was raised."""

import pickle

import pytest

from eventlog.errors import Corrupt, PlayheadError, Refused, Unavailable
from eventlog.read.store import TooMuch, Unkeepable


@pytest.mark.parametrize(
    "error",
    [
        Corrupt("orders[0]: offset 7 does not hold"),
        Refused("session.not_open", "it has ended", "asset 3"),
        Unavailable("kafka", "no answer"),
        TooMuch("MongoDB", "no room in its cache"),
        Unkeepable(("totals", "order-1"), "too large"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_that_is_sent_to_another_process_is_what_it_was(error: PlayheadError) -> None:
    sent = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert (type(sent), str(sent), sent.args, vars(sent)) == (type(error), str(error), error.args, vars(error))
