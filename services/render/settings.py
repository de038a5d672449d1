"""What the render service and its workers ask their environment for."""

from datetime import timedelta
from typing import Literal, Self

import httpx
from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from eventlog.settings import ServiceSettings
from services.render.retention import Keeping


class _WithBlobs(ServiceSettings):
    blobs_url: str = Field(default="", alias="PLAYHEAD_BLOBS_URL", repr=False)

    @property
    def blobs(self) -> str:
        """The URL of the blob store."""
        return self.blobs_url or f"file://{(self.data / 'blobs').resolve()}"


class RenderSettings(_WithBlobs):
    """`enforce_credits`: an account without points gets no film; off, its balance may fall below 0."""

    enforce_credits: bool = Field(default=False, alias="PLAYHEAD_ENFORCE_CREDITS")
    deadline_minutes: int = Field(default=60, alias="PLAYHEAD_JOB_DEADLINE_MINUTES", ge=1)
    """A job that has not ended so long after it was queued expires."""
    failed_job_days: int = Field(default=7, alias="PLAYHEAD_FAILED_JOB_DAYS", ge=0)
    completed_job_days: int = Field(default=30, alias="PLAYHEAD_COMPLETED_JOB_DAYS", ge=0)
    """A job is forgotten, with its files, so many days after its end; 0: never."""
    unnamed_bytes_hours: int = Field(default=24, alias="PLAYHEAD_UNNAMED_BYTES_HOURS", ge=0)
    """Bytes are collected so long after the last file that named them went."""

    unused_upload_days: int = Field(default=30, alias="PLAYHEAD_UNUSED_UPLOAD_DAYS", ge=1)
    """A user's own file that no project uses is kept so long; one that is used is looked at again after as long."""

    @property
    def keeping(self) -> Keeping:
        """How long jobs and bytes are kept."""
        return Keeping(
            self.failed_job_days or None, self.completed_job_days or None, timedelta(hours=self.unnamed_bytes_hours)
        )


class WorkerSettings(_WithBlobs):
    """`jobs`: how many this worker does at a time; `jobs_per_tenant`: how many of one tenant run, over all workers."""

    model_config = SettingsConfigDict(hide_input_in_errors=True)  # the input holds the secrets

    worker_name: str = Field(default="", alias="PLAYHEAD_WORKER_NAME", pattern=r"^[A-Za-z0-9._-]*$", max_length=100)
    """How it is called in the log; two workers never share a name. Empty: a random one."""
    jobs: int = Field(default=1, alias="PLAYHEAD_WORKER_JOBS", ge=1, le=64)
    jobs_per_tenant: int = Field(default=4, alias="PLAYHEAD_JOBS_PER_TENANT", ge=1)
    asset_days: int = Field(default=30, alias="PLAYHEAD_ASSET_DAYS", ge=0)
    """A file that a job makes is planned to go so many days later; 0: it goes with its job."""
    ffmpeg: str = Field(default="", alias="PLAYHEAD_FFMPEG")
    """Another ffmpeg than the one of the package."""

    writer_url: str = Field(default="", alias="PLAYHEAD_WRITER_URL", examples=["https://api.openai.com/v1"])
    """The base URL of an endpoint for chat completions. Empty: the template writer writes everything."""
    writer_key: SecretStr | None = Field(default=None, alias="PLAYHEAD_WRITER_KEY")
    writer_models: str = Field(default="", alias="PLAYHEAD_WRITER_MODELS")
    """The models that jobs may name, apart by commas."""
    writer_seconds: float = Field(default=60.0, alias="PLAYHEAD_WRITER_SECONDS", gt=0, le=600)
    """How long one call may take; a question is asked three times at most."""
    writer_tokens: int = Field(default=2000, alias="PLAYHEAD_WRITER_TOKENS", ge=200, le=32_000)
    """The longest answer."""
    writer_tokens_field: Literal["max_tokens", "max_completion_tokens"] = Field(
        default="max_tokens", alias="PLAYHEAD_WRITER_TOKENS_FIELD"
    )
    writer_form: Literal["json_schema", "json_object", "text"] = Field(
        default="json_schema", alias="PLAYHEAD_WRITER_FORM"
    )
    """How much of the form of an answer the endpoint can be held to; it is checked here in any case."""

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if not self.writer_url:
            return self
        try:
            url = httpx.URL(self.writer_url)
        except httpx.InvalidURL as error:
            raise ValueError(f"PLAYHEAD_WRITER_URL is no URL: {error}") from None
        if url.scheme not in ("http", "https") or not url.host or url.userinfo or url.query or url.fragment:
            raise ValueError(
                "PLAYHEAD_WRITER_URL is to be http(s)://host[:port]/path, without a user, a query or a fragment; the "
                "key goes into PLAYHEAD_WRITER_KEY"
            )
        if not self.models:
            raise ValueError("PLAYHEAD_WRITER_MODELS is needed with PLAYHEAD_WRITER_URL: the models, apart by commas")
        key = self.writer_key.get_secret_value() if self.writer_key is not None else ""
        if not (key.isascii() and key.isprintable()):
            raise ValueError("PLAYHEAD_WRITER_KEY holds a character that no key has: copy it again, without line ends")
        return self

    @property
    def keep_files(self) -> timedelta | None:
        """So long a file is kept; None: as long as its job."""
        return timedelta(days=self.asset_days) if self.asset_days else None

    @property
    def models(self) -> tuple[str, ...]:
        """The models of the online writer."""
        return tuple(name.strip() for name in self.writer_models.split(",") if name.strip())
