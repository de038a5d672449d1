"""What the render service and its workers ask their environment for."""

from pydantic import Field

from eventlog.settings import ServiceSettings


class RenderSettings(ServiceSettings):
    """`enforce_credits`: an account without points gets no film; off, its balance may fall below 0."""

    mongodb_database: str = Field(default="playhead", alias="MONGODB_DATABASE")
    enforce_credits: bool = Field(default=False, alias="PLAYHEAD_ENFORCE_CREDITS")
    deadline_minutes: int = Field(default=60, alias="PLAYHEAD_JOB_DEADLINE_MINUTES", ge=1)
    """A job that has not ended so long after it was queued expires."""


class WorkerSettings(ServiceSettings):
    """`jobs_per_tenant`: how many jobs of one tenant run at a time, over all workers."""

    blobs_url: str = Field(default="", alias="PLAYHEAD_BLOBS_URL")
    jobs_per_tenant: int = Field(default=4, alias="PLAYHEAD_JOBS_PER_TENANT", ge=1)
    ffmpeg: str = Field(default="", alias="PLAYHEAD_FFMPEG")
    """Another ffmpeg than the one of the package."""

    @property
    def blobs(self) -> str:
        """The URL of the blob store."""
        return self.blobs_url or f"file://{(self.data / 'blobs').resolve()}"
