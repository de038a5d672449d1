"""What is told of a promise that was not kept."""

from typing import NamedTuple


class Anomaly(NamedTuple):
    """`invariant` is one of I1 to I13."""

    invariant: str
    what: str
