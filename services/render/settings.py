"""What the render service and its workers ask their environment for."""

from pydantic import Field

from eventlog.settings import ServiceSettings


class RenderSettings(ServiceSettings):
    """`enforce_credits`: an account without points gets no film; off, its balance may fall below 0."""

    enforce_credits: bool = Field(default=False, alias="PLAYHEAD_ENFORCE_CREDITS")
    deadline_minutes: int = Field(default=60, alias="PLAYHEAD_JOB_DEADLINE_MINUTES", ge=1)
    """A job that has not ended so long after it was queued expires."""


class WorkerSettings(ServiceSettings):
    """`jobs`: how many this worker does at a time; `jobs_per_tenant`: how many of one tenant run, over all workers."""

    worker_name: str = Field(default="", alias="PLAYHEAD_WORKER_NAME", pattern=r"^[A-Za-z0-9._-]*$", max_length=100)
    """How it is called in the log; two workers never share a name. Empty: a random one."""
    jobs: int = Field(default=1, alias="PLAYHEAD_WORKER_JOBS", ge=1, le=64)
    jobs_per_tenant: int = Field(default=4, alias="PLAYHEAD_JOBS_PER_TENANT", ge=1)
    blobs_url: str = Field(default="", alias="PLAYHEAD_BLOBS_URL")
    ffmpeg: str = Field(default="", alias="PLAYHEAD_FFMPEG")
    """Another ffmpeg than the one of the package."""

    @property
    def blobs(self) -> str:
        """The URL of the blob store."""
        return self.blobs_url or f"file://{(self.data / 'blobs').resolve()}"
