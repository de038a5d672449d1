"""The words of a session as the workflow application keeps it: opened before there is work, with files of its user's.

A file here is a note of one: its bytes are wherever the user put them, and are never touched.
"""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.messages.session_inputs import Metadata, StorableMetadata
from contracts.messages.session_life import LONGEST_PROMPT, LONGEST_TITLE
from contracts.model import CommandBody, EventBody, Personal
from contracts.rendering import Aspect, Kind

LONGEST_FILE_TYPE = 100
LONGEST_FILE_PATH = 1_000
LONGEST_FILE_NAME = 255
"""Characters."""
LARGEST_FILE = 2**53 - 1
"""Bytes: the largest whole number that every reader of JSON can hold."""
MOST_FILES = 1_000
"""So many files of its user's a session takes, removed ones included."""


class OpenSession(CommandBody):
    """Begin a session without work: `StartSession` or `RequestStages` may ask for it later."""

    TYPE: ClassVar[str] = "OpenSession"

    session_id: UUID
    account_id: UUID
    prompt: Annotated[Personal, Field(min_length=1, max_length=LONGEST_PROMPT)]
    title: Annotated[Personal, Field(max_length=LONGEST_TITLE)] = ""
    kind: Kind = Kind.SLIDES
    aspect: Aspect = Aspect.WIDE
    metadata: StorableMetadata = Field(default_factory=dict)


class RecordFile(CommandBody):
    """Note a file that the user made. The same file under the same id is noted once."""

    TYPE: ClassVar[str] = "RecordFile"

    file_id: UUID
    file_type: Annotated[str, Field(min_length=1, max_length=LONGEST_FILE_TYPE)]
    file_path: Annotated[Personal, Field(min_length=1, max_length=LONGEST_FILE_PATH)]
    file_name: Annotated[Personal, Field(min_length=1, max_length=LONGEST_FILE_NAME)]
    file_size: Annotated[int, Field(ge=0, le=LARGEST_FILE)]
    metadata: StorableMetadata = Field(default_factory=dict)


class RemoveFile(CommandBody):
    """Strike out the note of a file."""

    TYPE: ClassVar[str] = "RemoveFile"

    file_id: UUID


class FileRecorded(EventBody):
    """A file of the user's was noted."""

    TYPE: ClassVar[str] = "session.file_recorded"
    VERSION: ClassVar[int] = 2

    session_id: UUID
    file_id: UUID
    file_type: str
    file_path: Personal
    file_name: Personal
    size_bytes: int
    metadata: Metadata


class FileRemoved(EventBody):
    """The note of a file was struck out."""

    TYPE: ClassVar[str] = "session.file_removed"

    session_id: UUID
    file_id: UUID
