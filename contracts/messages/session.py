"""The words of a session: one video, from the wish to the film.

A session keeps what its user wrote and what the stages made of it. It asks for work by naming a job; the job's own
stream does the work and tells back, through policies, what came of it.
"""

from typing import Annotated, ClassVar, TypeAlias
from uuid import UUID

from pydantic import Field

from contracts.film import Film
from contracts.messages.erasure import EraseSession, SessionErased
from contracts.messages.files import FileRecorded, FileRemoved, OpenSession, RecordFile, RemoveFile
from contracts.messages.session_assets import AssetsForgotten, ForgetAssets
from contracts.messages.session_inputs import Changes, Metadata, PlanName, StorableMetadata, WantedStages
from contracts.messages.session_life import (
    DeriveSession,
    EditSession,
    PurgeSession,
    RestoreSession,
    SessionAnnotated,
    SessionDerived,
    SessionPurged,
    SessionRestored,
    SessionRetitled,
    TakeStep,
)
from contracts.model import CommandBody, EventBody, Personal
from contracts.rendering import STAGES, Aspect, JobInputs, Kind, Stage, StageOutput, Writing


class StartSession(CommandBody):
    """Begin a video. With a script, refining and writing are left out: the script is used as it is.

    With a `film` it is cut of a project's timeline, in its one stage, `video`.
    """

    TYPE: ClassVar[str] = "StartSession"

    session_id: UUID
    account_id: UUID
    job_id: UUID
    kind: Kind = Kind.SLIDES
    aspect: Aspect = Aspect.WIDE
    prompt: Personal = ""
    script: Personal = ""
    title: Personal = ""
    language: str = "en"
    voice: str = ""
    stages: WantedStages = STAGES
    writing: Writing | None = None
    metadata: StorableMetadata = Field(default_factory=dict)
    derived_from: UUID | None = None
    plan: PlanName = "free"
    film: Film | None = None


class RequestStages(CommandBody):
    """Run some stages. What is done already with the same inputs is not done again."""

    TYPE: ClassVar[str] = "RequestStages"

    job_id: UUID
    stages: WantedStages
    changes: Changes = Changes()
    plan: PlanName = "free"


class RecordStage(CommandBody):
    """A job of the session finished a stage."""

    TYPE: ClassVar[str] = "RecordStage"

    job_id: UUID
    output: StageOutput


class RecordFailure(CommandBody):
    """A job of the session failed for good, or ran out of time."""

    TYPE: ClassVar[str] = "RecordFailure"

    job_id: UUID
    stage: Stage | None = None
    code: str
    message: Personal
    retryable: bool = False


class RecordCancel(CommandBody):
    """A job of the session was canceled."""

    TYPE: ClassVar[str] = "RecordCancel"

    job_id: UUID
    reason: str = ""


class RecordRetry(CommandBody):
    """A job of the session that had ended is at work again, in this run. Where it may not be, this is refused."""

    TYPE: ClassVar[str] = "RecordRetry"

    job_id: UUID
    run: Annotated[int, Field(ge=1)] | None = None


class DeleteSession(CommandBody):
    """Take the session away; what still runs for it is stopped."""

    TYPE: ClassVar[str] = "DeleteSession"


class SessionStarted(EventBody):
    """A video was asked for."""

    TYPE: ClassVar[str] = "session.started"

    session_id: UUID
    account_id: UUID
    kind: Kind
    aspect: Aspect
    prompt: Personal
    script: Personal
    title: Personal
    language: str
    voice: str
    stages: tuple[Stage, ...]
    metadata: Metadata
    derived_from: UUID | None = None
    writing: Writing | None = None
    film: Film | None = None


class StagesRequested(EventBody):
    """Work was asked for: `stages` on frozen `inputs`, on top of `outputs`, which earlier jobs left.

    What came after the first of the stages, or was made of inputs that have changed since, is void from here on.
    """

    TYPE: ClassVar[str] = "session.stages_requested"

    session_id: UUID
    account_id: UUID
    job_id: UUID
    stages: tuple[Stage, ...]
    inputs: JobInputs
    outputs: tuple[StageOutput, ...] = ()
    estimate_points: int
    plan: str = "free"


class StageRecorded(EventBody):
    """What the events of finished stages have in common."""

    session_id: UUID
    job_id: UUID
    output: StageOutput


class PromptRefined(StageRecorded):
    """The prompt was made precise."""

    TYPE: ClassVar[str] = "session.prompt_refined"


class ScriptGenerated(StageRecorded):
    """The narration was written."""

    TYPE: ClassVar[str] = "session.script_generated"


class AudioGenerated(StageRecorded):
    """The narration was spoken."""

    TYPE: ClassVar[str] = "session.audio_generated"


class ScenesPlanned(StageRecorded):
    """It was settled what is seen while what is said."""

    TYPE: ClassVar[str] = "session.scenes_planned"


class VideoRendered(StageRecorded):
    """The film was made."""

    TYPE: ClassVar[str] = "session.video_rendered"


class SessionFailed(EventBody):
    """The job at work failed; `code` is stable, `message` is for people."""

    TYPE: ClassVar[str] = "session.failed"

    session_id: UUID
    job_id: UUID
    stage: Stage | None
    code: str
    message: Personal
    retryable: bool


class SessionCanceled(EventBody):
    """The job at work was canceled."""

    TYPE: ClassVar[str] = "session.canceled"

    session_id: UUID
    job_id: UUID
    reason: str


class SessionRetried(EventBody):
    """The job that had ended is at work again, on the stages that it had left."""

    TYPE: ClassVar[str] = "session.retried"

    session_id: UUID
    job_id: UUID
    stages: tuple[Stage, ...]


class SessionCompleted(EventBody):
    """The session has its film."""

    TYPE: ClassVar[str] = "session.completed"

    session_id: UUID
    job_id: UUID
    duration_ms: int | None


class SessionDeleted(EventBody):
    """The session was taken away; `job_id` is the job that was at work for it, if any."""

    TYPE: ClassVar[str] = "session.deleted"

    session_id: UUID
    job_id: UUID | None


SessionCommand: TypeAlias = (
    StartSession
    | TakeStep
    | RequestStages
    | RecordStage
    | RecordFailure
    | RecordCancel
    | RecordRetry
    | EditSession
    | DeriveSession
    | DeleteSession
    | RestoreSession
    | PurgeSession
    | OpenSession
    | RecordFile
    | RemoveFile
    | ForgetAssets
    | EraseSession
)

SessionEvent: TypeAlias = (
    SessionStarted
    | StagesRequested
    | PromptRefined
    | ScriptGenerated
    | AudioGenerated
    | ScenesPlanned
    | VideoRendered
    | SessionFailed
    | SessionCanceled
    | SessionRetried
    | SessionCompleted
    | SessionRetitled
    | SessionAnnotated
    | SessionDerived
    | SessionDeleted
    | SessionRestored
    | SessionPurged
    | FileRecorded
    | FileRemoved
    | AssetsForgotten
    | SessionErased
)
