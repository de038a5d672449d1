"""Twenty planted secrets show in nothing that a process says, whatever goes wrong and whoever tells it."""

import io
import json
import logging
import traceback
from collections.abc import Callable, Generator
from contextlib import redirect_stdout
from typing import Any
from urllib.parse import quote, unquote

import pytest
import structlog
from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsError

from eventlog.secrets import Hider, secrets_of
from eventlog.telemetry import configure_logs
from ops.settings import OpsSettings
from services.analytics.settings import AnalyticsSettings
from services.gateway.settings import GatewaySettings
from services.render.settings import RenderSettings, WorkerSettings
from services.session.settings import SessionSettings

CLASSES: tuple[type[BaseSettings], ...] = (
    SessionSettings,
    AnalyticsSettings,
    RenderSettings,
    WorkerSettings,
    GatewaySettings,
    OpsSettings,
)
STRANGE = 'canary-mongo/4f#9?1@x:y é"'
PLANTED = {
    "MONGODB_URI": f"mongodb://user:{quote(STRANGE, safe='')}@127.0.0.1:1/?replicaSet=rs0",
    "DATABASE_URL": "postgresql://playhead_app:canary-postgres-81@127.0.0.1:1/playhead?sslpassword=canary-sslkey-2",
    "DIRECT_URL": "postgresql://owner:canary-direct-3377@127.0.0.1:1/playhead",
    "REDIS_URL": "redis://:canary-redis-5590@127.0.0.1:1/0",
    "KAFKA_USERNAME": "someone",
    "KAFKA_PASSWORD": "canary-kafka-1204",
    "PLAYHEAD_SIGNING_KEYS": '{"old": "canary-signing-old-7", "new": "canary-signing-new-8"}',
    "PLAYHEAD_DEMO_KEY": "ph_canary0demo0key0000000000000000000",
    "PLAYHEAD_BLOBS_URL": "postgresql://playhead_blobs:canary-blobs-9921@127.0.0.1:1/playhead",
    "PLAYHEAD_WRITER_URL": "https://api.example.com/v1",
    "PLAYHEAD_WRITER_MODELS": "one",
    "PLAYHEAD_WRITER_KEY": "canary-writer-6006",
    "PLAYHEAD_ROLE_PASSWORDS": '{"playhead_app": "canary-role-app-1", "playhead_worker": "canary-role-worker-2"}',
}
CANARIES = (
    *(STRANGE, quote(STRANGE, safe=""), "canary-postgres-81", "canary-sslkey-2", "canary-direct-3377"),
    *("canary-redis-5590", "canary-kafka-1204", "canary-signing-old-7", "canary-signing-new-8"),
    *("ph_canary0demo0key0000000000000000000", "canary-blobs-9921", "canary-writer-6006"),
    *("canary-role-app-1", "canary-role-worker-2"),
)


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in PLANTED.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def clean() -> Generator[None]:
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    logging.getLogger().handlers.clear()


def spoken(said: str) -> list[str]:
    return [canary for canary in CANARIES if canary in said or json.dumps(canary)[1:-1] in said or canary[:12] in said]


def held(settings: BaseSettings) -> list[str]:
    shown = "".join(str(getattr(settings, name)) for name in type(settings).model_fields)
    return [canary for canary in CANARIES if canary in " ".join(secrets_of(settings)) + shown]


@pytest.mark.req(33)
@pytest.mark.req(82)
@pytest.mark.usefixtures("planted")
@pytest.mark.parametrize("settings", CLASSES)
def test_every_process_knows_its_secrets_and_its_settings_show_none(settings: type[BaseSettings]) -> None:
    read = settings()
    known = secrets_of(read)
    assert len(held(read)) >= 4
    assert set(held(read)) <= {*known, *(canary for one in known for canary in CANARIES if canary in one)}
    if settings is not OpsSettings:
        assert spoken(repr(read) + str(read)) == []


def raised(sentence: str) -> Exception:
    try:
        raise ConnectionError(sentence)
    except ConnectionError as error:
        return error


WAYS: dict[str, Callable[[Any, str], None]] = {
    "a sentence": lambda log, canary: log.warning(f"cannot connect with {canary}"),
    "a field": lambda log, canary: log.info("tried", detail={"deep": [canary]}),
    "a secret field": lambda log, canary: log.info("tried", password=canary),
    "a crash": lambda log, canary: log.critical("the process ends", exc_info=raised(f"refused {canary}")),
    "a library": lambda _, canary: logging.getLogger("aiokafka").error("authentication with %s failed", canary),
    "a library's crash": lambda _, canary: logging.getLogger("motor").error("x", exc_info=raised(canary)),
    "an address": lambda log, canary: log.error(f"postgresql://u:{quote(unquote(canary), safe='')}@host failed"),
}


@pytest.mark.usefixtures("planted", "clean")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("settings", [GatewaySettings, WorkerSettings])
def test_no_log_line_holds_a_secret_whoever_writes_it(way: str, settings: type[BaseSettings]) -> None:
    out, read = io.StringIO(), settings()
    with redirect_stdout(out):
        configure_logs("toy", "INFO", secrets_of(read))
        for canary in held(read):
            WAYS[way](structlog.get_logger(), canary)
    lines = out.getvalue().splitlines()
    assert len(lines) == len(held(read)) > 6
    assert [spoken(line) for line in lines if spoken(line)] == []
    assert all(json.loads(line)["event"] for line in lines)


@pytest.mark.req(33)
@pytest.mark.usefixtures("planted")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://u:canary-postgres-81/x@127.0.0.1/playhead"),
        ("DATABASE_URL", "mysql://u:canary-postgres-81@127.0.0.1/playhead"),
        ("DATABASE_URL", "postgresql://u:canary-postgres-81@127.0.0.1/playhead?sslmode=sometimes"),
        (
            "DATABASE_URL",
            "postgresql://u:canary-postgres-81@127.0.0.1/p?sslmode=verify-full&sslrootcert=/not/there.pem",
        ),
        ("MONGODB_URI", "mongodb://u:canary-mongo/4@127.0.0.1/"),
        ("REDIS_URL", "canary-redis-5590"),
        ("PLAYHEAD_SIGNING_KEYS", '{"old": "canary-signing-old-7"'),
        ("PLAYHEAD_SIGNING_KEYS", '["canary-signing-old-7"]'),
        ("PLAYHEAD_SIGNING_KEYS", "{}"),
        ("PLAYHEAD_API_KEYS", '{"canary-writer-6006": {"tenant": ""}}'),
        ("PLAYHEAD_PORT", "canary-writer-6006"),
    ],
)
def test_a_mistake_in_a_setting_is_told_without_any_secret(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises((ValidationError, SettingsError)) as told:
        GatewaySettings()  # pyright: ignore[reportCallIssue] - the environment gives them
    said = "".join(traceback.format_exception(told.value))
    assert name.lower().removeprefix("playhead_") in said.lower()
    assert spoken(said) == []


def test_what_is_no_secret_is_not_hidden() -> None:
    read = SessionSettings.model_validate({"DATABASE_URL": "postgresql://playhead:playhead@127.0.0.1:5432/playhead"})
    hide = Hider(secrets_of(read))
    assert hide("playhead.session.events on 127.0.0.1:5432") == "playhead.session.events on 127.0.0.1:5432"
    assert Hider(["short"])("a short word") == "a short word"
