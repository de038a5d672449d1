"""The words of a session between its jobs: steps, edits, sessions made of it, and how it goes away and comes back."""

from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.messages.session_inputs import Changes, Metadata, PlanName, StorableMetadata, WantedStages
from contracts.model import CommandBody, EventBody, Personal
from contracts.rendering import JobInputs

LONGEST_PROMPT = 10_000
LONGEST_SCRIPT = 50_000
LONGEST_TITLE = 200
"""Characters."""


class Basis(StrEnum):
    """What another session is made of."""

    PROMPT = "prompt"
    SCRIPT = "script"


class TakeStep(CommandBody):
    """Do these stages unless they are done with the same inputs. The first step makes the session.

    `prompt` and `script` replace the session's where they are another; what was made of those is void then.
    """

    TYPE: ClassVar[str] = "TakeStep"

    session_id: UUID
    account_id: UUID
    job_id: UUID
    stages: WantedStages
    prompt: Annotated[Personal, Field(max_length=LONGEST_PROMPT)] | None = None
    script: Annotated[Personal, Field(max_length=LONGEST_SCRIPT)] | None = None
    plan: PlanName = "free"


class EditSession(CommandBody):
    """Call the session something else, or note something else in it. What is None stays as it is."""

    TYPE: ClassVar[str] = "EditSession"

    title: Annotated[Personal, Field(min_length=1, max_length=LONGEST_TITLE)] | None = None
    metadata: StorableMetadata | None = None


class DeriveSession(CommandBody):
    """Make another session of this one's prompt or script. Without a `basis`: of its script, where it has one."""

    TYPE: ClassVar[str] = "DeriveSession"

    new_session_id: UUID
    account_id: UUID
    job_id: UUID
    basis: Basis | None = None
    changes: Changes = Changes()
    plan: PlanName = "free"


class RestoreSession(CommandBody):
    """Bring a deleted session back."""

    TYPE: ClassVar[str] = "RestoreSession"


class PurgeSession(CommandBody):
    """Forget a deleted session for good."""

    TYPE: ClassVar[str] = "PurgeSession"


class SessionRetitled(EventBody):
    """The session is called something else."""

    TYPE: ClassVar[str] = "session.retitled"

    session_id: UUID
    title: Personal


class SessionAnnotated(EventBody):
    """Something else is noted in the session; what was noted before is replaced."""

    TYPE: ClassVar[str] = "session.annotated"

    session_id: UUID
    metadata: Metadata


class SessionDerived(EventBody):
    """Another session was asked for, of `inputs` that this one gave."""

    TYPE: ClassVar[str] = "session.derived"

    session_id: UUID
    new_session_id: UUID
    account_id: UUID
    job_id: UUID
    inputs: JobInputs
    plan: str = "free"


class SessionRestored(EventBody):
    """The session is back, with all that it had; the job that was at work for it was stopped."""

    TYPE: ClassVar[str] = "session.restored"

    session_id: UUID


class SessionPurged(EventBody):
    """The session is gone for good, and so are its `jobs`."""

    TYPE: ClassVar[str] = "session.purged"

    session_id: UUID
    jobs: tuple[UUID, ...]
