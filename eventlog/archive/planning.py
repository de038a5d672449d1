"""What is to be archived next: where an archive ends, and where the log does."""

from collections.abc import Mapping
from typing import NamedTuple

from eventlog.archive.manifest import ArchiveError, Contents
from eventlog.errors import Diverged


class Stretch(NamedTuple):
    """The records of a partition from `first` on and below `until`."""

    topic: str
    partition: int
    first: int
    until: int


def missing(contents: Contents, ends: Mapping[str, Mapping[int, int]]) -> list[Stretch]:
    """What an archive lacks of a log that ends there: topic to partition to the offset after its last record.

    Raises `ArchiveError` for a log of other topics or partitions, `Diverged` for one that is shorter than its archive.
    """
    topics = counts(ends)
    if contents.number >= 0 and topics != contents.topics:
        raise ArchiveError(
            f"the archive is of {_said(contents.topics)}, the log has {_said(topics)}: it is an archive of another "
            "log. Name another place for this one."
        )
    found: list[Stretch] = []
    for topic, partitions in ends.items():
        for partition, until in sorted(partitions.items()):
            first = contents.position(topic, partition).next_offset
            if until < first:
                raise Diverged(
                    f"log diverged: {topic}[{partition}] ends at offset {until}, but it is archived up to {first}: the "
                    "log lost its tail, or it is another log. Nothing was archived. `playhead archive --restore` "
                    "brings the archived one into an empty stack."
                )
            if until > first:
                found.append(Stretch(topic, partition, first, until))
    return found


def counts(ends: Mapping[str, Mapping[int, int]]) -> dict[str, int]:
    """How many partitions each topic has."""
    return {topic: len(partitions) for topic, partitions in ends.items()}


def _said(topics: Mapping[str, int]) -> str:
    return ", ".join(f"{topic} with {count} partition(s)" for topic, count in sorted(topics.items())) or "nothing"
