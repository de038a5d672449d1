"""What the routes work with: the ports of this service, and the few settings that they see."""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias
from uuid import UUID

from starlette.requests import Request

from blobs.store import BlobStore
from contracts.envelope import Command
from contracts.rendering import Kind
from contracts.sealing import Keys, NoKeys
from eventlog.clock import Clock
from services.gateway.auth.credentials import Credentials
from services.gateway.auth.entrances import Entrances
from services.gateway.auth.keys import KeyRing
from services.gateway.auth.principal import Principal
from services.gateway.auth.reach import Reach
from services.gateway.files.receiving import Uploads
from services.gateway.files.shares import Stock
from services.gateway.http.cursors import Place
from services.gateway.http.signing import Signer
from services.gateway.ports.news import News
from services.gateway.ports.projects import Projects
from services.gateway.ports.recent import Recent
from services.gateway.ports.support import Support
from services.gateway.ports.tables import Tables
from services.gateway.ports.waiting import Waiters
from services.gateway.redis.rates import Rates
from services.gateway.stored import Stored
from services.gateway.webhooks.ports import Webhooks

CommandTopic: TypeAlias = Literal["playhead.session.commands", "playhead.render.commands"]


class CommandSender(Protocol):
    """The way into the command topics."""

    async def send(self, topic: str, command: Command, headers: Sequence[tuple[str, bytes]] = ()) -> None:
        """Returns when every in-sync replica has the command.

        Raises `Unavailable("Kafka")` when that was not confirmed in time: whether it was sent is unknown then.
        """
        ...


class SessionFilter(NamedTuple):
    """Which sessions a list shows. `words`: each stands, in any case, in prompt, script or title.

    Without `statuses`: all but those that were deleted, and these too with `deleted`.
    """

    statuses: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    created_after: datetime | None = None
    created_before: datetime | None = None
    deleted: bool = False


class Standing(NamedTuple):
    """How a tenant's jobs stand, as one of them sees it: how many wait before it, and how many are at work."""

    ahead: int
    at_work: int


class FoundAsset(NamedTuple):
    """An asset, and whose it is."""

    tenant: str
    account: str
    session_id: str
    asset: Stored


class Documents(Protocol):
    """What the projections say. Every method may raise `Unavailable`.

    What a reach does not cover is not there. `standing` and `stock` count for a whole tenant, and for an account.
    """

    async def session(self, reach: Reach, session_id: str, *, deleted: bool = False) -> Stored | None:
        """The session; one that was deleted only with `deleted`."""
        ...

    async def sessions(self, reach: Reach, which: SessionFilter, after: Place | None, limit: int) -> Sequence[Stored]:
        """Newest first, from after a place."""
        ...

    async def count_sessions(self, reach: Reach, which: SessionFilter) -> int: ...

    async def history(self, reach: Reach, stream: str, *, after: int, limit: int) -> Sequence[Stored]:
        """The rows of one stream with a greater version than `after`, oldest first."""
        ...

    async def history_before(self, reach: Reach, stream: str, *, before: int, limit: int) -> Sequence[Stored]:
        """The rows of one stream with a smaller version than `before`, newest first."""
        ...

    async def job(self, reach: Reach, job_id: str) -> Stored | None: ...

    async def standing(self, tenant: str, job: Stored) -> Standing:
        """The place of a waiting job among its tenant's: higher priority first, then the one queued earlier."""
        ...

    async def account(self, reach: Reach, account_id: str) -> Stored | None: ...

    async def preset(self, reach: Reach, preset_id: str) -> Stored | None:
        """A preset: an account's own, or a default one; none that was deleted."""
        ...

    async def presets(self, reach: Reach, after: Place | None, limit: int) -> Sequence[Stored]:
        """The same, newest first, from after a place."""
        ...

    async def outcome(self, reach: Reach, command_id: UUID) -> Stored | None:
        """What became of a command, whichever service decided it."""
        ...

    async def sessions_with_video(
        self, reach: Reach, account_id: str, after: Place | None, limit: int
    ) -> Sequence[Stored]:
        """The account's sessions that have a video, newest first, from after a place; none that was deleted."""
        ...

    async def ended_jobs(self, reach: Reach, statuses: Sequence[str], before: datetime, limit: int) -> Sequence[Stored]:
        """The tenant's jobs with one of these statuses that ended before a moment, longest ago first."""
        ...

    async def assets(self, asset_id: str) -> Sequence[FoundAsset]:
        """The asset under that id, of every tenant that has one: whoever answers bytes checks whose it is."""
        ...

    async def uploads(self, upload_id: str) -> Sequence[Stored]:
        """What was announced under that id, by every tenant that did: whoever takes bytes checks whose it is."""
        ...

    async def files(self, reach: Reach, after: Place | None, limit: int) -> Sequence[Stored]:
        """What was announced and is not gone, newest first, from after a place."""
        ...

    async def stock(self, tenant: str, account_id: str) -> Stock:
        """What the account has of files of its own."""
        ...


KEPT_SECONDS = 24 * 60 * 60
"""For so long an answer may be given again."""
ABANDONED_SECONDS = 60
"""A call that was claimed so long ago and has no answer is taken to have died with its process."""


class KeptAnswer(NamedTuple):
    """An answer that may be given again."""

    status: int
    headers: Mapping[str, str]
    body: str


class Claim(NamedTuple):
    """What is known of a key: `mine`: nobody used it before, or its first user is gone."""

    mine: bool
    digest: str = ""
    answer: KeptAnswer | None = None


class Answers(Protocol):
    """The first answers to calls with an Idempotency-Key. Every method may raise `Unavailable`."""

    async def claim(self, tenant: str, id_: UUID, digest: str, at: datetime) -> Claim: ...

    async def keep(self, tenant: str, id_: UUID, answer: KeptAnswer) -> None: ...

    async def release(self, tenant: str, id_: UUID) -> None:
        """Forget that the key was used: its call did nothing."""
        ...


class PartState(NamedTuple):
    """How a part is; `about` is told to whoever may see the health page."""

    connected: bool
    latency_ms: float | None = None
    about: Mapping[str, Any] = {}


Probe: TypeAlias = Callable[[], Awaitable[PartState]]
"""Looks at one part; answers within a few seconds and never raises."""


@dataclass(frozen=True)
class Gateway:
    """Everything that a route may use. `demo` is set in a local profile only, and so may `legacy_tenant` be."""

    origin: str
    public_url: str
    version: str
    now: Clock
    new_id: Callable[[], UUID]
    sender: CommandSender
    documents: Documents
    tables: Tables
    projects: Projects
    answers: Answers
    blobs: BlobStore
    waiters: Waiters
    news: News
    signer: Signer
    keys: KeyRing
    credentials: Credentials
    support: Support
    uploads: Uploads
    webhooks: Webhooks
    started_at: datetime
    subject_keys: Keys = field(default_factory=NoKeys)
    """What personal text is sealed with before it is sent."""
    demo: Principal | None = None
    legacy_tenant: str = ""
    legacy_wait_seconds: float = 120.0
    starter_grant: int = 100
    new_accounts_per_hour: int = 10
    """Of one network, by signing in; where nobody is counted, any number."""
    jobs_per_tenant: int = 4
    kinds: frozenset[Kind] = frozenset({Kind.SLIDES, Kind.SCROLLING_SCRIPT})
    rates: Rates | None = None
    """None: nobody is counted."""
    cors_origins: Sequence[str] = ()
    """Whose pages may call from a browser."""
    body_seconds: float = 20.0
    """How long a JSON body may take to come."""
    entrances: Entrances = field(default_factory=Entrances)
    probes: Mapping[str, Probe] = field(default_factory=dict[str, Probe])
    chance: Callable[[int], bytes] = secrets.token_bytes
    registered: Recent = field(default_factory=Recent)
    """Accounts whose registration this process has sent; one that was forgotten is sent again, and is no news."""

    def seconds(self) -> int:
        """Unix time in whole seconds."""
        return int(self.now().timestamp())


def gateway_of(request: Request) -> Gateway:
    """The gateway that the application was made with."""
    gateway = request.app.state.gateway
    if not isinstance(gateway, Gateway):
        raise TypeError("the application was made without its gateway: use services.gateway.api.make")
    return gateway
