"""What an operator may set: addresses that replace local parts, and the folder for everything local."""

import os
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent

PASSED_ON = (
    *("PLAYHEAD_", "KAFKA_", "OTEL_", "LEGACY_", "MONGODB_", "BLOB_", "AWS_", "PUBLIC_URL", "OPENAI_"),
    *("SSL_", "REQUESTS_CA_BUNDLE", "PATH", "HOME", "LANG", "LC_", "TZ", "TMPDIR"),
)


class OpsSettings(BaseSettings):
    """From the environment. A URL means: this part is given, do not start one."""

    model_config = SettingsConfigDict(extra="ignore", populate_by_name=True, hide_input_in_errors=True)

    data_dir: Path = Field(default=PROJECT / ".playhead", validation_alias="PLAYHEAD_DATA")
    cache_dir: Path | None = Field(default=None, validation_alias="PLAYHEAD_CACHE_DIR")
    kafka: str = Field(default="", validation_alias="KAFKA_BOOTSTRAP_SERVERS")
    mongodb: str = Field(default="", validation_alias="MONGODB_URI")
    mongodb_database: str = Field(default="", validation_alias="MONGODB_DATABASE")
    postgres: str = Field(default="", validation_alias="DATABASE_URL")
    direct: str = Field(default="", validation_alias="DIRECT_URL")
    """PostgreSQL as the owner of the tables; without it DATABASE_URL is taken."""
    role_passwords: dict[str, SecretStr] = Field(
        default_factory=dict[str, SecretStr], validation_alias="PLAYHEAD_ROLE_PASSWORDS"
    )
    """Login to password, as JSON: `playhead migrate` sets them."""
    subject_keys_url: SecretStr | None = Field(default=None, validation_alias="PLAYHEAD_SUBJECT_KEYS_URL")
    subject_keys_secrets: dict[str, SecretStr] = Field(
        default_factory=dict[str, SecretStr], validation_alias="PLAYHEAD_SUBJECT_KEYS_SECRETS"
    )
    redis: str = Field(default="", validation_alias="REDIS_URL")
    blobs_url: str = Field(default="", validation_alias="PLAYHEAD_BLOBS_URL")
    archive_url: str = Field(default="", validation_alias="PLAYHEAD_ARCHIVE_URL")
    """Where `playhead archive` writes without --to: a folder, or s3://bucket/prefix."""
    operators_tenant: str = Field(default="", validation_alias="PLAYHEAD_OPERATORS_TENANT")
    profile: str = Field(default="", validation_alias="PLAYHEAD_PROFILE")
    durable: bool = Field(default=False, validation_alias="PLAYHEAD_DURABLE")
    port: int = Field(default=8000, validation_alias="PLAYHEAD_PORT", ge=0, le=65_535)
    partitions: int = Field(default=4, validation_alias="PLAYHEAD_PARTITIONS", ge=1)

    @field_validator("data_dir", "cache_dir")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        """Relative to where the command was given; the processes that it starts run elsewhere."""
        return path.absolute() if path is not None else None

    @property
    def cache(self) -> Path:
        """Where fetched programs are kept."""
        return self.cache_dir or self.data_dir / "cache"

    @property
    def blobs(self) -> str:
        """The URL of the blob store, as the services of this data folder find it."""
        return self.blobs_url or f"file://{self.data_dir.resolve() / 'blobs'}"

    @property
    def operators(self) -> str:
        """In whose audit trail it stands what operators do with `playhead`."""
        return self.operators_tenant or "operators"

    @property
    def local(self) -> bool:
        """One person's stack on this machine: said to be so, or no part of it is elsewhere."""
        return self.profile == "local" or not (self.profile or self.kafka or self.mongodb or self.postgres)


def passed_on() -> dict[str, str]:
    """What the processes that we start inherit from our environment."""
    return {name: value for name, value in os.environ.items() if name.startswith(PASSED_ON)}  # noqa: TID251 - as it is
