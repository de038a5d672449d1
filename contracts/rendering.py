"""The nouns of a video: its kind, its shape, the stages that make it and the artifacts they leave.

Durations are integer milliseconds, sizes bytes, digests lower-case hexadecimal SHA-256.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from contracts.film import Film
from contracts.model import Personal, Tolerant


class Kind(StrEnum):
    """The visual style of a video."""

    SLIDES = "slides"
    SCROLLING_SCRIPT = "scrolling_script"
    MANIM = "manim"


class Aspect(StrEnum):
    """Width to height."""

    WIDE = "16:9"
    TALL = "9:16"
    SQUARE = "1:1"


class Stage(StrEnum):
    """What a worker does, in the order in which it is done."""

    REFINE = "refine"
    SCRIPT = "script"
    SPEECH = "speech"
    SCENES = "scenes"
    VIDEO = "video"


STAGES: tuple[Stage, ...] = tuple(Stage)
"""All stages, first to last."""

STAGE_PERCENT: Mapping[Stage, int] = {
    Stage.REFINE: 5,
    Stage.SCRIPT: 10,
    Stage.SPEECH: 10,
    Stage.SCENES: 20,
    Stage.VIDEO: 55,
}
"""The usual share of each stage in the making of a whole film; together 100."""

FREE_STAGES: frozenset[Stage] = frozenset({Stage.REFINE, Stage.SCRIPT})
"""Stages that cost no points."""


class AssetKind(StrEnum):
    """What an artifact is to its user; `timings` and `image` are inputs of later stages."""

    VIDEO = "video"
    AUDIO = "audio"
    CAPTIONS = "captions"
    POSTER = "poster"
    IMAGE = "image"
    TIMINGS = "timings"
    CODE = "code"
    UPLOAD = "upload"


FOR_USERS: frozenset[AssetKind] = frozenset(
    {AssetKind.VIDEO, AssetKind.AUDIO, AssetKind.CAPTIONS, AssetKind.POSTER, AssetKind.CODE}
)
"""What is shown to the user; the others are inputs of later stages."""


class Artifact(Tolerant):
    """Bytes in the blob store, named by their digest. `duration_ms` only where time passes in it.

    `expires_at` is when it is planned to go; None: when its job is forgotten.
    """

    asset_id: UUID
    kind: AssetKind
    media_type: str
    file_name: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size_bytes: int = Field(ge=0)
    duration_ms: int | None = None
    expires_at: datetime | None = None


class Scene(Tolerant):
    """One scene of the plan: what is written on it, what is said meanwhile, and when."""

    number: int = Field(ge=1)
    heading: Personal
    bullets: tuple[Personal, ...] = ()
    narration: Personal
    start_ms: int = Field(ge=0)
    end_ms: int = Field(ge=0)
    image_sha256: str | None = None


class Usage(Tolerant):
    """One call to a provider of words or voices: what it took. Money in micro-USD, latency in ms."""

    provider: str
    model: str
    operation: str
    calls: int = 1
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_micro_usd: int = 0
    latency_ms: int = 0


class WriterEngine(StrEnum):
    """What turns a prompt into a script."""

    TEMPLATE = "template"
    ONLINE = "online"


class Writing(Tolerant):
    """Who is to write. `model` is an online writer's; with `fallback` the template writer steps in for it."""

    engine: WriterEngine = WriterEngine.TEMPLATE
    model: str = Field(default="", max_length=100, pattern=r"^[A-Za-z0-9._:/@-]*$")
    fallback: bool = True

    @model_validator(mode="after")
    def _named(self) -> Self:
        if (self.engine is WriterEngine.ONLINE) != bool(self.model):
            raise ValueError(
                'an online writer needs the name of its model, the template writer has none: {"engine": "online", '
                '"model": "…"}, or {"engine": "template"}'
            )
        return self


class JobInputs(Tolerant):
    """Everything a job depends on, frozen when it was queued: a later change elsewhere changes nothing here."""

    kind: Kind = Kind.SLIDES
    aspect: Aspect = Aspect.WIDE
    title: Personal = ""
    prompt: Personal = ""
    refined_prompt: Personal = ""
    script: Personal = ""
    language: str = "en"
    voice: str = ""
    renderer_version: str = ""
    writing: Writing | None = None
    """None, as in every job that was queued before there was a choice: the template writer."""
    film: Film | None = None
    """What the film is cut of, where it is a project's timeline; its kind says nothing then."""


class StageOutput(Tolerant):
    """What one stage left behind. `output_key` is the SHA-256 of (stage, renderer version, inputs):
    the same key always names the same bytes.

    `writer` names who wrote the words of it; `fell_back` is the code of the reason why the template writer stepped in.
    """

    stage: Stage
    output_key: str
    title: Personal | None = None
    refined_prompt: Personal | None = None
    script: Personal | None = None
    scenes: tuple[Scene, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    duration_ms: int | None = None
    usage: tuple[Usage, ...] = ()
    writer: str | None = None
    fell_back: str | None = None
