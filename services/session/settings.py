"""What the session service asks its environment for."""

from pydantic import Field

from eventlog.settings import ServiceSettings


class SessionSettings(ServiceSettings):
    """The parts, and the name of the database of documents."""

    mongodb_database: str = Field(default="playhead", alias="MONGODB_DATABASE")
