"""What the analytics service asks its environment for."""

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field

from blobs.opening import DATABASES
from eventlog.settings import ServiceSettings


class AnalyticsSettings(ServiceSettings):
    """`film_copies`: films are copied into PostgreSQL, so that the one-shot application's SQL has their bytes.

    `auto` is on in a local profile. Where PostgreSQL is the blob store there is nothing to copy.
    """

    profile: Literal["local", "production"] = Field(default="production", alias="PLAYHEAD_PROFILE")
    film_copies: Literal["auto", "on", "off"] = Field(default="auto", alias="PLAYHEAD_FILM_COPIES")
    blobs_url: str = Field(default="", alias="PLAYHEAD_BLOBS_URL", repr=False)

    @property
    def blobs(self) -> str:
        """The URL of the blob store."""
        return self.blobs_url or f"file://{(self.data / 'blobs').resolve()}"

    @property
    def copies_films(self) -> bool:
        """Whether this service copies films."""
        wanted = self.film_copies == "on" or (self.film_copies == "auto" and self.profile == "local")
        return wanted and urlsplit(self.blobs).scheme not in DATABASES
