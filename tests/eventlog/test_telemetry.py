"""Logs and metrics tell what a process does, and no secret."""

import json

import pytest
import structlog

from eventlog.settings import ServiceSettings
from eventlog.telemetry import HIDDEN, configure_logs, hide_secrets


@pytest.mark.parametrize(
    "key", ["password", "kafka_password", "API_KEY", "mongodb_uri", "Authorization", "access_token"]
)
def test_the_value_of_a_key_that_speaks_of_a_secret_is_not_written(key: str) -> None:
    assert hide_secrets(None, "info", {key: "canary", "offset": 3}) == {key: HIDDEN, "offset": 3}


def test_a_log_line_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("toy")
    structlog.get_logger().info("assigned", partition=3, password="canary")
    line = json.loads(capsys.readouterr().out)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    assert (line["event"], line["service"], line["partition"], line["level"]) == ("assigned", "toy", 3, "info")
    assert line["password"] == HIDDEN


def test_settings_do_not_show_their_secrets() -> None:
    settings = ServiceSettings(KAFKA_USERNAME="u", KAFKA_PASSWORD="canary", MONGODB_URI="mongodb://u:canary@host")  # pyright: ignore[reportArgumentType] - as text, the way an environment gives them
    assert "canary" not in f"{settings!r} {settings.kafka('toy')!r}"
    assert settings.kafka("toy").password == "canary"
