"""The events of a session that were changed.

`session.file_recorded` v1 → v2: `file_size` is `size_bytes`, as everywhere else; the unit stands in the name.
`session.edited` v1 → `session.retitled` and `session.annotated`: an event with two halves, either of which could be
empty, said "another title" and "other metadata" at once; who cared for one had to look into both.
"""

from collections.abc import Iterator
from typing import Any, ClassVar
from uuid import UUID

from contracts.evolution import Upcaster
from contracts.messages.files import FileRecorded
from contracts.messages.session_inputs import Metadata
from contracts.messages.session_life import SessionAnnotated, SessionRetitled
from contracts.model import EventBody, Personal


class FileRecordedV1(EventBody):
    """A file of the user's was noted; `file_size` in bytes."""

    TYPE: ClassVar[str] = "session.file_recorded"

    session_id: UUID
    file_id: UUID
    file_type: str
    file_path: Personal
    file_name: Personal
    file_size: int
    metadata: Metadata


class SessionEditedV1(EventBody):
    """The title, the metadata or both are others now; None: as before."""

    TYPE: ClassVar[str] = "session.edited"

    session_id: UUID
    title: Personal | None
    metadata: Metadata | None


def _file_recorded(old: FileRecordedV1) -> tuple[FileRecorded]:
    return (
        FileRecorded(
            session_id=old.session_id,
            file_id=old.file_id,
            file_type=old.file_type,
            file_path=old.file_path,
            file_name=old.file_name,
            size_bytes=old.file_size,
            metadata=old.metadata,
        ),
    )


def _edited(old: SessionEditedV1) -> tuple[EventBody, ...]:
    def halves() -> Iterator[EventBody]:
        if old.title is not None:
            yield SessionRetitled(session_id=old.session_id, title=old.title)
        if old.metadata is not None:
            yield SessionAnnotated(session_id=old.session_id, metadata=old.metadata)

    return tuple(halves())


UPCASTERS: tuple[Upcaster[Any], ...] = (
    Upcaster(FileRecordedV1, _file_recorded),
    Upcaster(SessionEditedV1, _edited),
)
