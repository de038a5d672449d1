"""What the gateway asks its environment for."""

import re
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator

from contracts.messages.account import AccountKind, Role
from contracts.messages.upload import LARGEST_UPLOAD
from eventlog.settings import ServiceSettings
from services.gateway.access.cors import origins_of
from services.gateway.auth import keys
from services.gateway.auth.entrances import Entrances
from services.gateway.auth.outside import Issuer, Trusted
from services.gateway.auth.principal import Principal
from services.gateway.files.shares import AT_ONCE
from services.gateway.http.proxies import proxies_of

_DIGEST = re.compile(r"[0-9a-f]{64}")


class KeyOwner(BaseModel):
    """Whose an API key is."""

    tenant: str = Field(min_length=1, max_length=100)
    account: str = Field(min_length=1, max_length=200)
    role: Role = Role.USER


class GatewaySettings(ServiceSettings):
    """In the profile `local` the page and the seeds' routes work without a key, for one tenant. Elsewhere nothing
    does, and secrets have to be given."""

    profile: Literal["local", "production"] = Field("production", alias="PLAYHEAD_PROFILE")
    public_url: str = Field("", alias="PUBLIC_URL", description="Where clients reach us; without it, host and port.")
    blobs_url: str = Field("", alias="PLAYHEAD_BLOBS_URL", repr=False)

    api_keys: dict[str, KeyOwner] = Field(default_factory=dict[str, KeyOwner], alias="PLAYHEAD_API_KEYS")
    """SHA-256 of the key to its owner, as JSON."""
    demo_key: SecretStr | None = Field(None, alias="PLAYHEAD_DEMO_KEY")
    demo_key_file: Path | None = Field(None, alias="PLAYHEAD_DEMO_KEY_FILE")
    signing_keys: dict[str, SecretStr] = Field(default_factory=dict[str, SecretStr], alias="PLAYHEAD_SIGNING_KEYS")
    """Key id to secret, as JSON, the newest last: two of them while one is being replaced."""

    webhook_keys: dict[str, SecretStr] = Field(default_factory=dict[str, SecretStr], alias="PLAYHEAD_WEBHOOK_KEYS")
    """Key name to key, as JSON, the newest last: what secrets of webhook endpoints are derived from. One stays as long
    as an endpoint's secret is of it; without any there are no webhooks outside of the local profile."""
    webhook_loopback: bool = Field(False, alias="PLAYHEAD_WEBHOOK_LOOPBACK")
    """Whether webhooks may go to this machine, too, without TLS: for trying them out, in the local profile."""
    token_issuers: dict[str, Issuer] = Field(default_factory=dict[str, Issuer], alias="PLAYHEAD_TOKEN_ISSUERS")
    """Issuer, as its tokens name it, to its tenant, audience and keys, as JSON."""
    wallet_tenant: str = Field("", alias="PLAYHEAD_WALLET_TENANT", max_length=100)
    anonymous_tenant: str = Field("", alias="PLAYHEAD_ANONYMOUS_TENANT", max_length=100)
    login_hours: int = Field(24, alias="PLAYHEAD_LOGIN_HOURS", ge=1, le=24 * 30)
    device_days: int = Field(30, alias="PLAYHEAD_DEVICE_DAYS", ge=1, le=365)

    demo_tenant: str = Field("demo", alias="PLAYHEAD_DEMO_TENANT", max_length=100)
    legacy_tenant: str = Field("", alias="LEGACY_TENANT", max_length=100)
    legacy_wait_seconds: float = Field(120.0, alias="LEGACY_WAIT_SECONDS", ge=0, le=600)
    starter_grant: int = Field(100, alias="PLAYHEAD_STARTER_GRANT", ge=0)
    new_accounts_per_hour: int = Field(10, alias="PLAYHEAD_NEW_ACCOUNTS_PER_HOUR", ge=1)
    """Of one network: more wallets and devices are not signed in for the first time. Counted where calls are."""
    jobs_per_tenant: int = Field(4, alias="PLAYHEAD_JOBS_PER_TENANT", ge=1)
    """As the workers know it: a job beyond it waits, and is shown as throttled."""
    kinds: str = Field("", alias="PLAYHEAD_KINDS", examples=["slides,scrolling_script,manim"])
    """The kinds of video that the workers have, apart by commas; empty: those that are installed beside the gateway."""
    cors_origins: str = Field("", alias="PLAYHEAD_CORS_ORIGINS", examples=["https://app.example.org"])
    """The origins whose pages may call from a browser, apart by commas; empty: our own alone."""
    trusted_proxies: str = Field("", alias="PLAYHEAD_TRUSTED_PROXIES", examples=["10.0.0.0/8,2001:db8::7"])
    """Proxies whose `X-Forwarded-For` tells who a client is, apart by commas; empty: nobody's does."""
    rate_limits: Literal["auto", "on", "off"] = Field("auto", alias="PLAYHEAD_RATE_LIMITS")
    """Whether calls are counted, by plan; `auto`: not in a local profile."""
    rate_seconds: float = Field(0.05, alias="PLAYHEAD_RATE_SECONDS", gt=0, le=1)
    """How long Redis may take to count a call; without an answer it is counted in this process."""
    send_seconds: float = Field(5.0, alias="PLAYHEAD_SEND_SECONDS", gt=0, le=60)
    """How long the log may take to confirm a command."""
    cache_seconds: float = Field(0.1, alias="PLAYHEAD_CACHE_SECONDS", gt=0, le=5)
    """How long the cache may take for an answer; without one the store is read."""
    read_seconds: float = Field(3.0, alias="PLAYHEAD_READ_SECONDS", gt=0, le=60)
    """How long a store may take for an answer."""

    body_seconds: float = Field(20.0, alias="PLAYHEAD_BODY_SECONDS", gt=0, le=600)
    """How long a JSON body may take to come."""

    upload_bytes: int = Field(2 << 30, alias="PLAYHEAD_UPLOAD_BYTES", ge=1, le=LARGEST_UPLOAD)
    """The largest file that a user may send."""
    uploads_at_once: int = Field(AT_ONCE, alias="PLAYHEAD_UPLOADS_AT_ONCE", ge=1, le=1000)
    """Files that a gateway takes at a time, of everybody together; how many of one account says its plan."""
    upload_hours: int = Field(24, alias="PLAYHEAD_UPLOAD_HOURS", ge=1)
    """An announced file that has not come so long after is given up."""
    unused_upload_days: int = Field(30, alias="PLAYHEAD_UNUSED_UPLOAD_DAYS", ge=1)
    """A file that no project uses is kept so long."""

    @field_validator("api_keys", mode="before")
    @classmethod
    def _digests(cls, given: Any) -> Any:
        if isinstance(given, dict) and not all(_DIGEST.fullmatch(str(name)) for name in cast("dict[Any, Any]", given)):
            raise ValueError(
                "a key stands here that is no SHA-256 in 64 small hexadecimal digits: never the key itself"
            )
        return given

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, given: str) -> str:
        return ",".join(origins_of(given))

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies(cls, given: str) -> str:
        proxies_of(given)
        return given

    @model_validator(mode="after")
    def _complete(self) -> "GatewaySettings":
        if self.profile != "local" and not self.signing_keys:
            raise ValueError(
                "PLAYHEAD_SIGNING_KEYS is needed outside of the local profile: a JSON object of key id to a secret of "
                'at least 16 characters, such as {"2026-11": "…"}, the same for every gateway'
            )
        if self.profile != "local" and self.legacy_tenant:
            raise ValueError("LEGACY_TENANT lets anybody act without a key: it is for the local profile only")
        if self.profile != "local" and self.webhook_loopback:
            raise ValueError(
                "PLAYHEAD_WEBHOOK_LOOPBACK opens this machine to webhooks: it is for the local profile only"
            )
        return self

    @property
    def local(self) -> bool:
        """Whether everything is on one machine, for one person."""
        return self.profile == "local"

    @property
    def limits_rates(self) -> bool:
        """Whether calls are counted."""
        return self.rate_limits == "on" or (self.rate_limits == "auto" and not self.local)

    @property
    def tenant_without_key(self) -> str:
        """For whom the seeds' routes act without a key; empty where they do not."""
        return self.legacy_tenant or (self.demo_tenant if self.local else "")

    @property
    def url(self) -> str:
        """Where clients reach us, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def blobs(self) -> str:
        """The URL of the blob store."""
        return self.blobs_url or f"file://{(self.data / 'blobs').resolve()}"

    @cached_property
    def demo(self) -> Principal:
        """The account that a local profile works with."""
        return Principal(self.demo_tenant, AccountKind.DEMO, "demo", Role.ADMIN)

    def entrances(self) -> Entrances:
        """The ways in. In a local profile wallets sign in to the tenant that the seeds' routes act for."""
        return Entrances(
            wallet_tenant=self.wallet_tenant or self.tenant_without_key,
            anonymous_tenant=self.anonymous_tenant,
            login_seconds=self.login_hours * 60 * 60,
            device_seconds=self.device_days * 24 * 60 * 60,
            trusted={name: Trusted(issuer, issuer.key_set()) for name, issuer in self.token_issuers.items()},
        )

    def owners(self) -> dict[str, Principal]:
        """Digest of each key to its owner. Raises `ValueError` for a demo key that is none."""
        found = {
            digest: Principal(owner.tenant, AccountKind.API_KEY, owner.account, owner.role)
            for digest, owner in self.api_keys.items()
        }
        key = self._demo_key()
        if key and not keys.well_formed(key):
            raise ValueError("the demo key is none of ours: it begins with ph_ and has 33 letters and digits behind it")
        return found | ({keys.digest(key): self.demo} if key else {})

    def _demo_key(self) -> str:
        if self.demo_key is not None:
            return self.demo_key.get_secret_value()
        if self.demo_key_file is not None and self.demo_key_file.exists():
            return self.demo_key_file.read_text(encoding="utf-8").strip()
        return ""
