"""The rival Celery: a task that writes its effect, and has no key that would tell a repeat."""

from typing import Any

import psycopg
from celery import Celery
from psycopg.sql import SQL, Identifier
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

TASK = "rival.effect"
QUEUE = "wishes"
VISIBLE_SECONDS = 3
"""After so long a message that nobody acknowledged is given to another worker. The default is an hour."""


class RivalSettings(BaseSettings):
    """What the worker is told, and the sender."""

    broker: str = Field(default="", validation_alias="RIVAL_BROKER")
    database: SecretStr = Field(default=SecretStr(""), validation_alias="RIVAL_DATABASE")
    schema_name: str = Field(default="", validation_alias="RIVAL_SCHEMA")
    late: bool = Field(default=False, validation_alias="RIVAL_ACKS_LATE")


class Effect:
    """The task. Its connection lasts as long as its worker."""

    def __init__(self, settings: RivalSettings) -> None:
        self._settings = settings
        self._connection: psycopg.Connection[Any] | None = None

    def __call__(self, wish: str, stream: str, number: int) -> None:
        """A row each time that it is called."""
        if self._connection is None:
            self._connection = psycopg.connect(self._settings.database.get_secret_value(), autocommit=True)
        statement = SQL("INSERT INTO {}.effects (wish, stream, number) VALUES (%s, %s, %s)")
        self._connection.execute(statement.format(Identifier(self._settings.schema_name)), (wish, stream, number))


def application(settings: RivalSettings) -> Celery:
    """As the documentation has it for tasks that must not be lost, where `late`; otherwise as it comes."""
    made = Celery("rivals", broker=settings.broker)
    made.conf.update(
        task_default_queue=QUEUE,
        task_ignore_result=True,
        task_acks_late=settings.late,
        task_reject_on_worker_lost=settings.late,
        worker_prefetch_multiplier=1 if settings.late else 4,
        broker_transport_options={
            "global_keyprefix": prefix(settings.schema_name),
            "visibility_timeout": VISIBLE_SECONDS,
            "unacked_restore_interval": 1,
            "unacked_restore_throttle": 1,
        },
    )
    return made


def prefix(schema: str) -> str:
    """How the names of its keys begin."""
    return f"{schema}:"


app = application(RivalSettings())
effect = Effect(RivalSettings())
app.task(name=TASK)(effect.__call__)
