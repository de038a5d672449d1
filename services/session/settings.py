"""What the session service asks its environment for."""

from pydantic import Field

from eventlog.settings import ServiceSettings


class SessionSettings(ServiceSettings):
    """`enforce_credits`: an account without points gets no film. Off, its balance may fall below 0."""

    mongodb_database: str = Field("playhead", alias="MONGODB_DATABASE")
    enforce_credits: bool = Field(False, alias="PLAYHEAD_ENFORCE_CREDITS")
