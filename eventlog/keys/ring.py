"""What a process knows of the keys: those that it met, until it hears that one was destroyed.

Whoever folds a batch of records has its keys fetched first (`meeting.py`). A fold is pure and cannot wait, so a key
that nobody foresaw is asked for there and then, in the thread that needs it. Whoever runs a ring runs `follow` beside
it: a destroyed key is forgotten by every process within five seconds. A store that cannot be asked for minutes takes
all keys with it: nobody could say which of them still stand.
"""

import asyncio
import threading
from collections.abc import Callable, Collection, Mapping

import structlog
from cachetools import LRUCache
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from contracts.sealing import KeyDestroyed
from eventlog.errors import Unavailable
from eventlog.keys.store import KeyStore

EVERY_SECONDS = 2.0
LOOK_BACK_SECONDS = 600.0
"""How far back each look goes; who could not look for half of that forgets everything."""
KNOWN = 20_000
"""Keys that are kept in memory, at the most: some 8 MB."""
READY = 2_000
"""Of them, such as were used last are kept as ciphers: each takes 4 kB, and some 15 µs to be made again."""
LOADED = 10_000
"""Keys that a process begins with."""


class KeyRing:
    """`contracts.sealing.Keys` over a store."""

    seals = True

    def __init__(self, store: KeyStore, tell: Callable[[], None] = lambda: None) -> None:
        """`tell` hears of each field that does not open with its subject's key: it was altered, or moved."""
        self._store = store
        self._tell = tell
        self._known: LRUCache[str, bytes | None] = LRUCache(KNOWN)
        self._ready: LRUCache[str, AESSIV] = LRUCache(READY)
        self._lock = threading.Lock()  # whoever may not wait asks in a thread

    def knows(self, subject: str) -> bool:
        """Whether its key, or that it was destroyed, is known here."""
        with self._lock:
            return subject in self._known

    def meet(self, subjects: Collection[str]) -> None:
        """Ask for the keys of all of these that are not known, in one question. Raises `Unavailable`."""
        if strange := [subject for subject in subjects if not self.knows(subject)]:
            self._remember(self._store.these(strange))

    def to_seal(self, subject: str) -> AESSIV | None:
        """The subject's key, made where there is none. Raises `KeyDestroyed`, `Unavailable`."""
        known, cipher = self._found(subject)
        if not known:
            cipher = self._kept(subject, self._store.make(subject))
        if cipher is None:
            raise KeyDestroyed(subject)
        return cipher

    def to_open(self, subject: str) -> AESSIV | None:
        """The subject's key, or None where it was destroyed.

        Raises `Unavailable` also where the store never heard of the subject: what is sealed was sealed with a key, so
        it is another store, or an older copy of it, and to go on would leave blanks that nobody asked for.
        """
        known, cipher = self._found(subject)
        if known:
            return cipher
        there, key = self._store.find(subject)
        if not there:
            raise Unavailable(
                "the store of keys",
                f"it does not know {subject}, whose text is sealed: is it the store that this log was written with? "
                "Bring a copy of it back, or give the person up with `playhead erase`",
            )
        return self._kept(subject, key)

    def unreadable(self, subject: str) -> None:
        """A field does not open with the subject's key."""
        self._tell()
        structlog.get_logger().error("a sealed field does not open: it was altered or moved", subject=subject)

    def destroy(self, subject: str) -> bool:
        """Destroy a key for good; whether there was one. Other processes hear of it within seconds."""
        was = self._store.destroy(subject)
        self._remember({subject: None})
        return was

    def destroyed(self, subject: str) -> bool:
        """Whether a key was destroyed, as the store has it now. Raises `Unavailable`."""
        return self._store.find(subject) == (True, None)

    def load(self) -> None:
        """Begin with the keys that were made last. Raises `Unavailable`."""
        self._remember(self._store.some(LOADED))

    def look(self) -> None:
        """Forget what was destroyed lately. Raises `Unavailable`."""
        self._remember(dict.fromkeys(self._store.destroyed_lately(LOOK_BACK_SECONDS)))

    def forget(self) -> None:
        """Know nothing any more: everything is asked for again."""
        with self._lock:
            self._known.clear()
            self._ready.clear()

    async def follow(self) -> None:
        """Begin with the keys that were made last, and look every two seconds, until it is cancelled."""
        loop = asyncio.get_running_loop()
        looked = loop.time()
        loaded = False
        while True:
            try:
                await asyncio.to_thread(self.look if loaded else self.load)
                loaded = True
            except Unavailable as error:
                structlog.get_logger().warning("the store of keys does not answer", detail=str(error))
                if loop.time() - looked > LOOK_BACK_SECONDS / 2:
                    self.forget()
            else:
                looked = loop.time()
            await asyncio.sleep(EVERY_SECONDS)

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()

    def _remember(self, keys: Mapping[str, bytes | None]) -> None:
        with self._lock:
            for subject, key in keys.items():
                self._put(subject, key)

    def _kept(self, subject: str, key: bytes | None) -> AESSIV | None:
        with self._lock:
            self._put(subject, key)
            return self._cipher(subject)

    def _found(self, subject: str) -> tuple[bool, AESSIV | None]:
        with self._lock:
            return (True, self._cipher(subject)) if subject in self._known else (False, None)

    def _put(self, subject: str, key: bytes | None) -> None:
        if key is None:
            self._ready.pop(subject, None)
        elif subject in self._known and self._known[subject] is None:
            return  # it was destroyed while it was read
        self._known[subject] = key

    def _cipher(self, subject: str) -> AESSIV | None:
        if (key := self._known[subject]) is None:
            return None
        if subject not in self._ready:
            self._ready[subject] = AESSIV(key)
        return self._ready[subject]
