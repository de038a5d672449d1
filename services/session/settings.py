"""What the session service asks its environment for."""

from datetime import timedelta

from pydantic import Field

from eventlog.settings import ServiceSettings
from services.session.sweep import Retention


class SessionSettings(ServiceSettings):
    """The parts, and how long sessions are kept."""

    restore_days: int = Field(default=30, alias="PLAYHEAD_RESTORE_DAYS", ge=0)
    """So long a deleted session can be brought back; then it is purged."""
    session_days: int = Field(default=0, alias="PLAYHEAD_SESSION_DAYS", ge=0)
    """A session that nobody has touched for so long is deleted; 0: never."""

    @property
    def retention(self) -> Retention:
        """As the sweep takes it."""
        untouched = timedelta(days=self.session_days) if self.session_days else None
        return Retention(timedelta(days=self.restore_days), untouched)
