"""Who may act for which account, learnt from the read store and kept here while its change stream tells of changes.

What was read is believed as long as the follower of the change stream beats; without it for `STALE_SECONDS`, or after
a gap in it, everything is asked for anew. So a key that was revoked stops working within 5 s on every instance. With
the read store away what was known goes on for `GRACE_SECONDS`, and nobody new is let in.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias, TypeVar
from uuid import UUID

from contracts.envelope import stream_id
from eventlog.errors import Unavailable
from services.gateway.stored import Stored

STALE_SECONDS: Final = 2.5
GRACE_SECONDS: Final = 300.0
AWAY_SECONDS: Final = 1.0
"""After the store gave no answer nobody waits for it again so soon: one request may ask several times."""
MOST_KEPT: Final = 20_000
"""Accounts whose credentials are kept here; the one used longest ago goes first."""

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_NEVER = -1
_Name: TypeAlias = tuple[str, str]
"""A tenant, and the digest of an identity."""


class CredentialStore(Protocol):
    """Documents of `credentials`. Every method may raise `Unavailable`."""

    async def by_digest(self, digest: str) -> Stored | None:
        """The account that has a key or a login of this digest, of whichever tenant."""
        ...

    async def by_identity(self, tenant: str, digest: str) -> Stored | None:
        """The account of the tenant that an outside identity was linked to first."""
        ...

    async def of_account(self, tenant: str, account: str) -> Stored | None: ...


@dataclass(frozen=True, slots=True)
class _Kept:
    """A document, or that there is none; `read` is when it was last known to be so, in the loop's seconds."""

    document: Stored | None
    read: float
    age: int


class Credentials:
    """A read-through memory of `credentials`."""

    def __init__(self, store: CredentialStore, time: Callable[[], float] | None = None) -> None:
        """`time` is a clock that never goes back, in seconds; without one, the event loop's."""
        self._store = store
        self._time = time or (lambda: asyncio.get_running_loop().time())
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._streams: OrderedDict[str, str] = OrderedDict()
        self._linked: OrderedDict[_Name, str] = OrderedDict()
        self._unlinked: OrderedDict[_Name, _Kept] = OrderedDict()
        self._beaten = float("-inf")
        self._away = float("-inf")
        self._age = 0
        self._changes = 0

    def beat(self) -> None:
        """The follower saw the change stream just now, and has told all that it said before."""
        self._beaten = self._time()

    def lost(self) -> None:
        """The follower lost the change stream: something may have been missed."""
        self._beaten = float("-inf")
        self._age += 1

    def changed(self, document: Stored) -> None:
        """A document was written: what is kept of that account is this from now on."""
        self._changes += 1
        if document["_id"] in self._kept:
            self._kept[document["_id"]] = _Kept(document, self._time(), self._age)
        for part in document.get("identities", ()):
            self._unlinked.pop((document["tenant"], part["digest"]), None)

    async def by_digest(self, digest: str) -> Stored | None:
        """As the store's. Raises `Unavailable` for what is not known here while the store is away."""
        stream = self._streams.get(digest)
        kept = self._kept.get(stream) if stream is not None else None
        if kept is not None and self._fresh(kept):
            return kept.document
        before = self._changes
        try:
            found = await self._asked(lambda: self._store.by_digest(digest))
        except Unavailable:
            return self._within_grace(kept)
        if found is None:
            self._streams.pop(digest, None)
            return None
        self._keep(found["_id"], found, before)
        _put(self._streams, digest, found["_id"])
        return found

    async def by_identity(self, tenant: str, digest: str) -> Stored | None:
        """As the store's. Raises `Unavailable` for what is not known here while the store is away."""
        name = (tenant, digest)
        kept = self._of_identity(name)
        if kept is not None and self._fresh(kept):
            return kept.document
        before = self._changes
        try:
            found = await self._asked(lambda: self._store.by_identity(tenant, digest))
        except Unavailable:
            return self._within_grace(kept)
        if found is None:
            self._linked.pop(name, None)
            _put(self._unlinked, name, _Kept(None, self._time(), self._age_since(before)))
        else:
            self._unlinked.pop(name, None)
            _put(self._linked, name, found["_id"])
            self._keep(found["_id"], found, before)
        return found

    def _of_identity(self, name: _Name) -> _Kept | None:
        """What is kept of the account that has the identity still, or that none has it."""
        stream = self._linked.get(name)
        if stream is None:
            return self._unlinked.get(name)
        kept = self._kept.get(stream)
        document = None if kept is None else kept.document
        digests = () if document is None else (part["digest"] for part in document["identities"])
        return kept if name[1] in digests else None

    async def of_account(self, tenant: str, account: UUID, at_least: int = 0) -> Stored | None:
        """As the store's. Raises `Unavailable` for what is not known here while the store is away.

        `at_least`: a version that was written for certain. What is kept from before it is asked for anew: an outcome
        may be heard of sooner than the document that it changed.
        """
        stream = stream_id("account", tenant, str(account))
        kept = self._kept.get(stream)
        if kept is not None and self._fresh(kept) and _version(kept.document) >= at_least:
            return kept.document
        before = self._changes
        try:
            found = await self._asked(lambda: self._store.of_account(tenant, str(account)))
        except Unavailable:
            return self._within_grace(kept)
        self._keep(stream, found, before)
        return found

    async def _asked(self, ask: Callable[[], Awaitable[Stored | None]]) -> Stored | None:
        if self._time() < self._away:
            raise Unavailable("MongoDB", "it gave no answer a moment ago")
        try:
            return await ask()
        except Unavailable:
            self._away = self._time() + AWAY_SECONDS
            raise

    def _fresh(self, kept: _Kept) -> bool:
        return kept.age == self._age and self._time() - self._beaten < STALE_SECONDS

    def _within_grace(self, kept: _Kept | None) -> Stored | None:
        if kept is None or self._time() - kept.read > GRACE_SECONDS:
            raise Unavailable("MongoDB", "credentials cannot be read, and what was known of them is too old")
        return kept.document

    def _keep(self, stream: str, document: Stored | None, before: int) -> None:
        _put(self._kept, stream, _Kept(document, self._time(), self._age_since(before)))

    def _age_since(self, before: int) -> int:
        """Believed only where nothing changed since `before`: what was read may be older than what was told since."""
        return self._age if before == self._changes else _NEVER


def _version(document: Stored | None) -> int:
    return 0 if document is None else document["version"]


def _put(memory: OrderedDict[_Key, _Value], key: _Key, value: _Value) -> None:
    """Keep it as the newest; the one used longest ago goes where there are too many."""
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > MOST_KEPT:
        memory.popitem(last=False)
