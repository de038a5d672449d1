"""What a finished backup consists of. The manifest is written last, beside a hash of itself."""

import hashlib
from datetime import datetime
from pathlib import Path

import msgspec

from eventlog.errors import PlayheadError

MANIFEST = "manifest.json"
BEGUN = "begun.json"
LOG = "log"
"""The folder of the log's archive, beside the manifest."""
FORMAT = 2


class BackupError(PlayheadError):
    """A backup cannot be taken, trusted or restored. The message says why, and what to do next."""


class TopicCopy(msgspec.Struct, frozen=True):
    """One events topic in the archive: `heads` are the ids of the last records that count, in hex."""

    topic: str
    ends: dict[int, int]
    heads: dict[int, str]


class BlobCopy(msgspec.Struct, frozen=True):
    """One blob, in the folder `blobs` under its digest."""

    sha256: str
    size: int


class Manifest(msgspec.Struct, frozen=True, rename="camel"):
    """`taken_at`: when the ends of all partitions were read, one after another.

    `archive` is the hash of the last manifest of the log's archive: that one vouches for all of it.
    """

    taken_at: datetime
    partitions: int
    archive: str
    topics: tuple[TopicCopy, ...]
    blobs: tuple[BlobCopy, ...]
    format: int = FORMAT

    @property
    def records(self) -> int:
        """How many are in the archive of the log."""
        return sum(sum(topic.ends.values()) for topic in self.topics)

    @property
    def blob_bytes(self) -> int:
        """How large all blobs are together."""
        return sum(blob.size for blob in self.blobs)


class Begun(msgspec.Struct, frozen=True, rename="camel"):
    """What a backup has set out to copy: topic to partition to the offset where it ends."""

    taken_at: datetime
    ends: dict[str, dict[int, int]]
    format: int = 1


class _Format(msgspec.Struct):
    format: int


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Finish the backup."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
    _replace(folder / f"{MANIFEST}.sha256", f"{hashlib.sha256(text).hexdigest()}  {MANIFEST}\n".encode())
    _replace(folder / MANIFEST, text)
    (folder / BEGUN).unlink(missing_ok=True)


def read_manifest(folder: Path) -> Manifest:
    """What the folder holds. Raises `BackupError` for one that is not finished, or whose manifest was changed."""
    try:
        text = (folder / MANIFEST).read_bytes()
        claimed = (folder / f"{MANIFEST}.sha256").read_text(encoding="utf-8").partition(" ")[0]
    except OSError as error:
        if (folder / BEGUN).exists():
            raise BackupError(
                f"the backup in {folder} was not finished: `playhead backup {folder}` goes on where it stopped"
            ) from error
        raise BackupError(f"{folder} holds no backup: {MANIFEST} or its hash cannot be read there") from error
    if (found := hashlib.sha256(text).hexdigest()) != claimed:
        raise BackupError(
            f"{folder / MANIFEST} was altered: its SHA-256 is {found}, {MANIFEST}.sha256 says {claimed or 'nothing'}"
        )
    try:
        if (format_ := msgspec.json.decode(text, type=_Format).format) != FORMAT:
            raise BackupError(
                f"{folder} has format {format_}, this version of Playhead reads {FORMAT}: restore it with the version "
                "that took it, and take another backup with this one"
            )
        return msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError as error:
        raise BackupError(f"{folder / MANIFEST} is no manifest of a backup: {error}") from error


def read_begun(folder: Path) -> Begun | None:
    """What an interrupted backup had set out to copy; None where none was begun."""
    try:
        begun = msgspec.json.decode((folder / BEGUN).read_bytes(), type=Begun)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise BackupError(f"{folder / BEGUN} is broken: name another folder for the backup") from error
    if begun.format != FORMAT:
        raise BackupError(f"the backup in {folder} was begun by another version of Playhead: name another folder")
    return begun


def write_begun(folder: Path, begun: Begun) -> None:
    """Remember what is to be copied, so that it can go on after an interruption."""
    _replace(folder / BEGUN, msgspec.json.encode(begun))


def _replace(path: Path, content: bytes) -> None:
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_bytes(content)
    fresh.replace(path)
