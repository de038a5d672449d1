"""What the tests of the rules speak of: one session, its jobs, its account, and what each stage leaves."""

from uuid import UUID, uuid5

from contracts.messages.account import AccountKind, RegisterAccount
from contracts.messages.files import OpenSession, RecordFile
from contracts.messages.job import QueueJob
from contracts.messages.session import StartSession
from contracts.rendering import STAGES, Artifact, AssetKind, JobInputs, Scene, Stage, StageOutput, Usage

_IDS = UUID("2f6e0c55-08c0-5b64-a9cb-7d5f0a1b9c33")


def an_id(name: object) -> UUID:
    """The same name, the same id."""
    return uuid5(_IDS, str(name))


SESSION, ACCOUNT, JOB, ANOTHER_JOB = an_id("session"), an_id("account"), an_id("job"), an_id("another job")
FILE = an_id("file")
PRESET = an_id("preset")
UPLOAD = an_id("upload")
PROMPT = "Why is the sea salty?"
SCRIPT = "Rain washes salt out of the rocks. Rivers carry it to the sea, and there it stays."
DURATION_MS = 31_400
PRICE = 4
"""Of the whole film: 31.4 s are four started tens."""
SPOKEN = (Stage.SPEECH, Stage.SCENES, Stage.VIDEO)


def output(stage: Stage, words: str = SCRIPT, duration_ms: int = DURATION_MS) -> StageOutput:
    """What the stage leaves."""
    base = StageOutput(stage=stage, output_key="5f" * 32, title="The salty sea")
    match stage:
        case Stage.REFINE:
            return base.model_copy(update={"refined_prompt": f"Tell a child: {PROMPT}"})
        case Stage.SCRIPT:
            usage = Usage(provider="template", model="template-1", operation="write", cost_micro_usd=120)
            return base.model_copy(update={"script": words, "usage": (usage,)})
        case Stage.SPEECH:
            artifacts = (
                artifact(AssetKind.AUDIO, "wav", duration_ms),
                artifact(AssetKind.TIMINGS, "json", duration_ms),
            )
            return base.model_copy(update={"artifacts": artifacts, "duration_ms": duration_ms})
        case Stage.SCENES:
            scene = Scene(number=1, heading="The sea", narration=words, start_ms=0, end_ms=duration_ms)
            return base.model_copy(update={"scenes": (scene,)})
        case Stage.VIDEO:
            artifacts = (artifact(AssetKind.VIDEO, "mp4", duration_ms), artifact(AssetKind.POSTER, "png", None))
            return base.model_copy(update={"artifacts": artifacts, "duration_ms": duration_ms})


def artifact(kind: AssetKind, ending: str, duration_ms: int | None) -> Artifact:
    """A file."""
    return Artifact(
        asset_id=an_id(kind),
        kind=kind,
        media_type=f"test/{ending}",
        file_name=f"film.{ending}",
        sha256="5f" * 32,
        size_bytes=1_000,
        duration_ms=duration_ms,
    )


def start(prompt: str = PROMPT, script: str = "", stages: tuple[Stage, ...] = STAGES, job: UUID = JOB) -> StartSession:
    """Begin the session."""
    return StartSession(session_id=SESSION, account_id=ACCOUNT, job_id=job, prompt=prompt, script=script, stages=stages)


def opening(prompt: str = PROMPT, title: str = "") -> OpenSession:
    """Begin the session without work."""
    return OpenSession(session_id=SESSION, account_id=ACCOUNT, prompt=prompt, title=title)


def recording(file_id: UUID = FILE, file_size: int = 1_024_000) -> RecordFile:
    """Note a picture that the user made."""
    return RecordFile(
        file_id=file_id,
        file_type="image",
        file_path="/files/images/scene_1.png",
        file_name="scene_1.png",
        file_size=file_size,
        metadata={"scene_number": 1, "style": "realistic"},
    )


def register(starter_grant: int = 100) -> RegisterAccount:
    """Open the account."""
    return RegisterAccount(account_id=ACCOUNT, kind=AccountKind.DEMO, name="Ada", starter_grant=starter_grant)


def queue(*stages: Stage, outputs: tuple[StageOutput, ...] = (), script: str = "") -> QueueJob:
    """Queue the job."""
    return QueueJob(
        job_id=JOB,
        session_id=SESSION,
        account_id=ACCOUNT,
        stages=stages or STAGES,
        inputs=JobInputs(prompt=PROMPT, script=script),
        outputs=outputs,
        estimate_points=12,
    )
