"""A circuit breaker: an endpoint that keeps failing is left in peace, then asked once before everybody asks again.

closed ──failures in a row──► open ──rest──► half-open ──one good answer──► closed
                               ▲                 └──a failure──► open
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from math import ceil

from services.render.engines.online.failures import WriterFailed, unavailable


class Breaker:
    """For one endpoint, within one event loop. `now` gives seconds that never go back."""

    def __init__(self, now: Callable[[], float], *, failures: int = 5, rest_seconds: float = 30.0) -> None:
        self._now = now
        self._most = failures
        self._rest = rest_seconds
        self._failures = 0
        self._open_until: float | None = None
        self._trying = False

    @contextmanager
    def passing(self) -> Generator[None]:
        """Around one call. Raises `writer.unavailable` at once while it is open, or half-open and being tried."""
        trial = self._enter()
        try:
            yield
        except WriterFailed as failed:
            self._told(good=not failed.blames_endpoint)
            raise
        else:
            self._told(good=True)
        finally:
            if trial:
                self._trying = False  # also after a cancelled call, which says nothing about the endpoint

    def _enter(self) -> bool:
        """Whether this call is the one that tries a half-open breaker."""
        if self._open_until is None:
            return False
        left = self._open_until - self._now()
        if left > 0 or self._trying:
            raise unavailable(f"failed {self._failures} times in a row and is not asked for {max(ceil(left), 1)} s")
        self._trying = True
        return True

    def _told(self, *, good: bool) -> None:
        if good:
            self._failures, self._open_until = 0, None
            return
        self._failures += 1
        if self._failures >= self._most:
            self._open_until = self._now() + self._rest
