"""What the page on keeping projects says is so: its settings exist, its metrics are told, its calls answer."""

import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest
from pydantic import ValidationError

from eventlog.telemetry import Metric
from services.gateway import metrics
from services.gateway.api import routed
from services.gateway.redis.near import MOMENT_SECONDS, MOST_BYTES
from services.gateway.settings import GatewaySettings

PAGE = (Path(__file__).parents[2] / "docs" / "editor.md").read_text("utf-8")
SECRET = "canary-7f3a"


def settings(**environment: Any) -> GatewaySettings:
    return GatewaySettings.model_validate({"PLAYHEAD_PROFILE": "local", **environment})


@pytest.mark.req(33, 36)
def test_every_setting_of_the_page_is_one_of_the_environment() -> None:
    named = set(re.findall(r"`((?:MONGODB|REDIS|PLAYHEAD)_[A-Z_]+)", PAGE))
    known = {field.alias for field in GatewaySettings.model_fields.values()}
    assert {"MONGODB_URI", "REDIS_URL", "MONGODB_POOL"} <= named <= known


@pytest.mark.req(33)
def test_credentials_come_from_the_environment_and_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYHEAD_PROFILE", "local")
    monkeypatch.setenv("MONGODB_URI", f"mongodb+srv://editor:{SECRET}@cluster0.example.net/?retryWrites=true")
    monkeypatch.setenv("REDIS_URL", f"rediss://:{SECRET}@cache.example.net:6380/0")
    read = GatewaySettings()  # pyright: ignore[reportCallIssue] - the environment gives them
    assert SECRET in read.mongodb_uri.get_secret_value()
    assert read.redis_url is not None
    assert SECRET in read.redis_url.get_secret_value()
    assert SECRET not in repr(read) + read.model_dump_json()


@pytest.mark.req(32)
def test_the_pool_has_ten_to_twenty_connections() -> None:
    assert settings(MONGODB_POOL=10).mongodb_pool == 10
    assert 10 <= settings().mongodb_pool <= 20
    for wrong in (9, 21):
        with pytest.raises(ValidationError, match="MONGODB_POOL"):
            settings(MONGODB_POOL=wrong)


@pytest.mark.req(37)
def test_every_alarm_of_the_page_is_about_something_that_is_told() -> None:
    alarms = [line for line in PAGE.splitlines() if line.startswith("| `") and "playhead_" in line]
    named = {name.removesuffix("_bucket") for line in alarms for name in re.findall(r"playhead_[a-z_]+", line)}
    told = set(re.findall(r"# TYPE (\w+)", generate_latest(metrics.REGISTRY).decode())) | set(Metric)
    assert len(alarms) > 4
    assert named <= told


@pytest.mark.req(36)
def test_the_page_answers_every_open_question_and_its_calls_and_numbers_are_ours() -> None:
    for title in ("secrets", "cached", "Backup", "watch", "smallest tier"):
        assert re.search(rf"^## .*{title}", PAGE, re.MULTILINE), title
    paths = {re.sub(r"\w*id}", "id}", path) for path in routed("1").openapi()["paths"]}
    assert set(re.findall(r"`POST (\S+)`", PAGE)) <= paths
    assert f"({MOMENT_SECONDS:g} s, {MOST_BYTES // 2**20} MiB)" in PAGE
