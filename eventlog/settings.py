"""What every service asks its environment for. URLs have the names that hosting platforms give them, all else begins
with `PLAYHEAD_`."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from eventlog.addresses import checked, checked_postgres
from eventlog.kafka.access import KafkaAccess
from eventlog.keys.opening import SubjectKeys, open_keys

SHORTEST_WRAPPING = 32
"""Characters."""


def documents_of(name: str, uri: str) -> str:
    """The database of documents: `name`, else the one that the URI names, else `playhead`."""
    return name or urlsplit(uri).path.strip("/") or "playhead"


class ServiceSettings(BaseSettings):
    """Read from the environment once, at the start. Secrets show neither in its text nor in its mistakes."""

    model_config = SettingsConfigDict(frozen=True, populate_by_name=True, extra="ignore", hide_input_in_errors=True)

    kafka_bootstrap_servers: str = Field(default="127.0.0.1:9092", alias="KAFKA_BOOTSTRAP_SERVERS")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", alias="KAFKA_SECURITY_PROTOCOL"
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="SCRAM-SHA-512", alias="KAFKA_SASL_MECHANISM"
    )
    kafka_username: str | None = Field(default=None, alias="KAFKA_USERNAME")
    kafka_password: SecretStr | None = Field(default=None, alias="KAFKA_PASSWORD")
    mongodb_uri: SecretStr = Field(default=SecretStr("mongodb://127.0.0.1:27017/?replicaSet=rs0"), alias="MONGODB_URI")
    mongodb_database: str = Field(default="", alias="MONGODB_DATABASE")
    """The database of documents; empty: the one that the URI names, and `playhead` where it names none."""
    mongodb_pool: int = Field(default=20, alias="MONGODB_POOL", ge=10, le=20)
    """The most connections to MongoDB. A change stream holds one while it waits; a gateway has four."""
    database_url: SecretStr = Field(default=SecretStr("postgresql://127.0.0.1:5432/playhead"), alias="DATABASE_URL")
    redis_url: SecretStr | None = Field(default=None, alias="REDIS_URL")

    subject_keys_url: SecretStr | None = Field(default=None, alias="PLAYHEAD_SUBJECT_KEYS_URL")
    """PostgreSQL with the keys of subjects; without it personal text stands in the log as it is."""
    subject_keys_secrets: dict[str, SecretStr] = Field(
        default_factory=dict[str, SecretStr], alias="PLAYHEAD_SUBJECT_KEYS_SECRETS"
    )
    """What those keys are wrapped with in their store: name to secret, the newest last."""
    groups: str = Field(default="playhead", alias="PLAYHEAD_GROUPS", pattern=r"^[a-zA-Z0-9._-]{1,100}$")
    """What consumer groups are called first: a second deployment beside the first reads the same log as others."""
    host: str = Field(default="127.0.0.1", alias="PLAYHEAD_HOST")
    port: int = Field(default=8080, alias="PLAYHEAD_PORT", ge=0, le=65_535)
    data: Path = Field(default=Path(".playhead"), alias="PLAYHEAD_DATA")
    """The folder of disposable state: ledgers, work of renderers."""
    traces: str = Field(default="", alias="OTEL_EXPORTER_OTLP_ENDPOINT", pattern=r"^(https?://\S+)?$")
    """An OpenTelemetry collector that takes OTLP over HTTP, such as http://127.0.0.1:4318; empty: nothing is traced."""
    traces_headers: SecretStr | None = Field(default=None, alias="OTEL_EXPORTER_OTLP_HEADERS")
    """What the collector is told with each request, `name=value` apart by commas: often a secret."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", alias="PLAYHEAD_LOG_LEVEL")

    @field_validator("mongodb_uri")
    @classmethod
    def _mongodb(cls, uri: SecretStr) -> SecretStr:
        checked("MONGODB_URI", uri.get_secret_value(), ("mongodb", "mongodb+srv"))
        return uri

    @field_validator("database_url")
    @classmethod
    def _postgres(cls, url: SecretStr) -> SecretStr:
        checked_postgres("DATABASE_URL", url.get_secret_value())
        return url

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, url: SecretStr | None) -> SecretStr | None:
        if url:
            checked("REDIS_URL", url.get_secret_value(), ("redis", "rediss", "unix"))
        return url

    @field_validator("subject_keys_url")
    @classmethod
    def _keys(cls, url: SecretStr | None) -> SecretStr | None:
        if url:
            checked_postgres("PLAYHEAD_SUBJECT_KEYS_URL", url.get_secret_value())
        return url or None

    @model_validator(mode="after")
    def _wrapped(self) -> Self:
        if self.subject_keys_url and not self.subject_keys_secrets:
            raise ValueError(
                "PLAYHEAD_SUBJECT_KEYS_SECRETS is needed beside PLAYHEAD_SUBJECT_KEYS_URL: a JSON object of a name to "
                f'a secret of at least {SHORTEST_WRAPPING} characters, such as {{"2026-11": "…"}}, the same everywhere'
            )
        for name, secret in self.subject_keys_secrets.items():
            if len(secret.get_secret_value()) < SHORTEST_WRAPPING:
                raise ValueError(
                    f"the secret {name!r} of PLAYHEAD_SUBJECT_KEYS_SECRETS has fewer than {SHORTEST_WRAPPING} "
                    "characters: `openssl rand -base64 33` makes one"
                )
        return self

    def keys(self, tell: Callable[[], None]) -> SubjectKeys:
        """The keys of subjects; nothing is connected yet. `tell` hears of each field that does not open."""
        return open_keys(self.subject_keys_url, self.subject_keys_secrets, tell)

    @property
    def documents(self) -> str:
        """The name of the database of documents."""
        return documents_of(self.mongodb_database, self.mongodb_uri.get_secret_value())

    def kafka(self, client_id: str) -> KafkaAccess:
        """How to reach the brokers, as `client_id`."""
        encrypted = self.kafka_security_protocol in ("SSL", "SASL_SSL")
        return KafkaAccess(
            servers=self.kafka_bootstrap_servers,
            client_id=client_id,
            protocol=self.kafka_security_protocol,
            mechanism=self.kafka_sasl_mechanism,
            username=self.kafka_username,
            password=self.kafka_password.get_secret_value() if self.kafka_password else None,
            ssl_context=ssl.create_default_context() if encrypted else None,
            groups=self.groups,
        )
