"""The words of a session: one video, from the wish to the film.

A session keeps what its user wrote and what the stages made of it. It asks for work by naming a job; the job's own
stream does the work and tells back, through policies, what came of it.
"""

from math import isfinite
from typing import Annotated, ClassVar, TypeAlias
from uuid import UUID

from pydantic import AfterValidator, Field, JsonValue

from contracts.model import CommandBody, EventBody, Personal, Strict
from contracts.rendering import STAGES, Aspect, JobInputs, Kind, Stage, StageOutput


def _in_order(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    if list(stages) != [stage for stage in STAGES if stage in stages]:
        raise ValueError(f"stages are named once each, in the order {', '.join(STAGES)}; not {', '.join(stages)}")
    return stages


WantedStages = Annotated[tuple[Stage, ...], Field(min_length=1, max_length=len(STAGES)), AfterValidator(_in_order)]
"""Some stages, each once, in the order in which they are done."""

Metadata: TypeAlias = dict[str, JsonValue]
"""What a caller wants to find again in the session; nothing here reads it."""

_MOST = 2**63


def storable(metadata: Metadata) -> Metadata:
    """A number that no ledger and no document can hold would stop the partition that took it."""
    waiting: list[JsonValue] = [metadata]
    while waiting:
        match waiting.pop():
            case dict() as fields:
                waiting.extend(fields.values())
            case list() as items:
                waiting.extend(items)
            case int() as number if not -_MOST <= number < _MOST:
                raise ValueError("metadata has a whole number of more than 64 bits; send it as text")
            case float() as number if not isfinite(number):
                raise ValueError("metadata has a number that is not finite; send it as text")
            case _:
                continue
    return metadata


class Changes(Strict):
    """Inputs that replace the session's; what is None stays as it is."""

    prompt: Personal | None = None
    script: Personal | None = None
    title: Personal | None = None
    kind: Kind | None = None
    aspect: Aspect | None = None
    language: str | None = None
    voice: str | None = None


class StartSession(CommandBody):
    """Begin a video. With a script, refining and writing are left out: the script is used as it is."""

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
    metadata: Annotated[Metadata, AfterValidator(storable)] = Field(default_factory=dict)


class RequestStages(CommandBody):
    """Run some stages. What is done already with the same inputs is not done again."""

    TYPE: ClassVar[str] = "RequestStages"

    job_id: UUID
    stages: WantedStages
    changes: Changes = Changes()


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
    message: str
    retryable: bool = False


class RecordCancel(CommandBody):
    """A job of the session was canceled."""

    TYPE: ClassVar[str] = "RecordCancel"

    job_id: UUID
    reason: str = ""


class RecordRetry(CommandBody):
    """A job of the session that had ended is at work again."""

    TYPE: ClassVar[str] = "RecordRetry"

    job_id: UUID


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
    message: str
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
    StartSession | RequestStages | RecordStage | RecordFailure | RecordCancel | RecordRetry | DeleteSession
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
    | SessionDeleted
)
