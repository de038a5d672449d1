"""What an operator may set: addresses that replace local parts, and the folder for everything local."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent


class OpsSettings(BaseSettings):
    """From the environment. A URL means: this part is given, do not start one."""

    model_config = SettingsConfigDict(extra="ignore", populate_by_name=True)

    data_dir: Path = Field(default=PROJECT / ".playhead", validation_alias="PLAYHEAD_DATA")
    cache_dir: Path | None = Field(default=None, validation_alias="PLAYHEAD_CACHE_DIR")
    kafka: str = Field(default="", validation_alias="KAFKA_BOOTSTRAP_SERVERS")
    mongodb: str = Field(default="", validation_alias="MONGODB_URI")
    postgres: str = Field(default="", validation_alias="DATABASE_URL")
    redis: str = Field(default="", validation_alias="REDIS_URL")
    durable: bool = Field(default=False, validation_alias="PLAYHEAD_DURABLE")
    port: int = Field(default=8000, validation_alias="PLAYHEAD_PORT")
    partitions: int = Field(default=4, validation_alias="PLAYHEAD_PARTITIONS")

    @property
    def cache(self) -> Path:
        """Where fetched programs are kept."""
        return self.cache_dir or self.data_dir / "cache"
