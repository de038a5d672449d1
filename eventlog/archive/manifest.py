"""What an archive consists of: manifests numbered from 0, each sealed by its own hash and naming the hash before it.

A manifest is only ever added. It tells of segments that were kept before it, each following on the last of its
partition; what no manifest tells of is not in the archive. Two who add the same number cannot both succeed, so an
archive has one history, whoever writes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

import msgspec

from eventlog.archive.segment import Segment
from eventlog.commit import Position, start
from eventlog.errors import Corrupt, PlayheadError

MANIFESTS = "manifests/"
SEGMENTS = "segments/"
FORMAT = 1
_SEAL_BYTES = 64


class ArchiveError(PlayheadError):
    """An archive cannot be written, trusted or restored as it is asked for. The message says why, and what to do."""


class Manifest(msgspec.Struct, frozen=True, rename="camel"):
    """`before` is the hash of manifest `number` - 1, empty in the first; `topics` tells how many partitions each has.

    `catalogue` is a digest of the message schemas that the writer of the archive knew.
    """

    number: int
    before: str
    written_at: datetime
    catalogue: str
    topics: dict[str, int]
    segments: tuple[Segment, ...]
    format: int = FORMAT


class _Format(msgspec.Struct):
    format: int


@dataclass(frozen=True, slots=True)
class Contents:
    """An archive as its manifests tell it, the last of them being `number`: -1 for one that was never written."""

    number: int = -1
    digest: str = ""
    written_at: datetime | None = None
    catalogue: str = ""
    topics: Mapping[str, int] = field(default_factory=dict[str, int])
    segments: Sequence[Segment] = ()
    positions: Mapping[tuple[str, int], Position] = field(default_factory=dict[tuple[str, int], Position])

    def position(self, topic: str, partition: int) -> Position:
        """Where a reader of the whole archive stands in a partition."""
        return self.positions.get((topic, partition)) or start(topic, partition)

    def of(self, topic: str, partition: int) -> list[Segment]:
        """The segments of a partition, in order."""
        return [segment for segment in self.segments if (segment.topic, segment.partition) == (topic, partition)]

    def ends(self, topic: str) -> dict[int, int]:
        """Partition to the offset after its last archived record."""
        return {partition: self.position(topic, partition).next_offset for partition in range(self.topics[topic])}

    @property
    def records(self) -> int:
        """How many are archived."""
        return sum(position.next_offset for position in self.positions.values())


def name_of(number: int) -> str:
    """Where a manifest is kept."""
    return f"{MANIFESTS}{number:012}.json"


def next_manifest(
    contents: Contents, segments: Sequence[Segment], topics: Mapping[str, int], catalogue: str, at: datetime
) -> Manifest:
    """What tells of these segments after all that is told already."""
    return Manifest(contents.number + 1, contents.digest, at, catalogue, dict(topics), tuple(segments))


def sealed(manifest: Manifest) -> bytes:
    """The manifest as it is kept: JSON, and on a last line the SHA-256 of all before that line."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
    return text + sha256(text).hexdigest().encode() + b"\n"


def followed(contents: Contents, content: bytes) -> Contents:
    """The archive with the next manifest. Raises `Corrupt` where that was altered or does not follow."""
    name = name_of(contents.number + 1)
    manifest, digest = _unsealed(name, content)
    if (manifest.number, manifest.before) != (contents.number + 1, contents.digest):
        raise Corrupt(
            f"the manifest {name} says that it is number {manifest.number} after {manifest.before or 'nothing'}; "
            f"before it is {contents.digest or 'nothing'}: it belongs to another archive, or one was replaced"
        )
    if contents.number >= 0 and manifest.topics != contents.topics:
        raise Corrupt(f"the manifest {name} tells of {manifest.topics}, the ones before it of {contents.topics}")
    positions = dict(contents.positions)
    for segment in manifest.segments:
        place = (segment.topic, segment.partition)
        following = positions.get(place) or start(*place)
        if segment.partition not in range(manifest.topics.get(segment.topic, 0)):
            raise Corrupt(f"the manifest {name} tells of {segment.place}, which its topics do not have")
        if segment.first != following.next_offset or segment.last < segment.first:
            raise Corrupt(f"the manifest {name} tells of {segment.place}, but {following.next_offset} comes next there")
        positions[place] = segment.position
    return Contents(
        number=manifest.number,
        digest=digest,
        written_at=manifest.written_at,
        catalogue=manifest.catalogue,
        topics=manifest.topics,
        segments=(*contents.segments, *manifest.segments),
        positions=positions,
    )


def _unsealed(name: str, content: bytes) -> tuple[Manifest, str]:
    text, seal = content[: -_SEAL_BYTES - 1], content[-_SEAL_BYTES - 1 : -1]
    if content[-1:] != b"\n" or sha256(text).hexdigest().encode() != seal:
        raise Corrupt(f"the manifest {name} was altered: the SHA-256 on its last line is not that of the lines above")
    try:
        if (found := msgspec.json.decode(text, type=_Format).format) != FORMAT:
            raise ArchiveError(f"the manifest {name} has format {found}, this version of Playhead reads {FORMAT}")
        return msgspec.json.decode(text, type=Manifest), sha256(content).hexdigest()
    except msgspec.DecodeError as error:
        raise Corrupt(f"{name} is sealed, but no manifest of an archive: {error}") from error
