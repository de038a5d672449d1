"""`.env.example` names every setting of every process, and nothing else; what stands there is understood."""

import re

import pytest
import yaml
from pydantic_settings import BaseSettings

from ops.settings import PROJECT, OpsSettings
from services.analytics.settings import AnalyticsSettings
from services.gateway.settings import GatewaySettings
from services.render.settings import RenderSettings, WorkerSettings
from services.session.settings import SessionSettings

CLASSES: tuple[type[BaseSettings], ...] = (
    SessionSettings,
    AnalyticsSettings,
    RenderSettings,
    WorkerSettings,
    AnalyticsSettings,
    GatewaySettings,
    OpsSettings,
)
SECRETS = ("PLAYHEAD_SIGNING_KEYS", "PLAYHEAD_WEBHOOK_KEYS", "PLAYHEAD_API_KEYS", "PLAYHEAD_ROLE_PASSWORDS")
"""Off in the template, and read here nonetheless: their form is not to be guessed."""
OUTSIDE = {
    *("KAFKA_SECURITY_PROTOCOL", "KAFKA_SASL_MECHANISM", "KAFKA_USERNAME", "KAFKA_PASSWORD"),
    *("DATABASE_URL", "DIRECT_URL", "PLAYHEAD_ROLE_PASSWORDS"),
    *("PLAYHEAD_HOST", "PLAYHEAD_PORT", "PLAYHEAD_DATA", "PLAYHEAD_FFMPEG"),
    *("PLAYHEAD_WORKER_NAME", "PLAYHEAD_DEMO_KEY", "PLAYHEAD_CACHE_DIR", "PLAYHEAD_DURABLE"),
}
"""Logins, addresses, folders and programs are a container's own, or a service's; a worker's name is its container's."""
LINE = re.compile(r"^(# )?([A-Z][A-Z_]+)=(.*)$", re.MULTILINE)
LINES = LINE.findall((PROJECT / ".env.example").read_text("utf-8"))


def names(settings: type[BaseSettings]) -> set[str]:
    return {str(field.validation_alias or field.alias) for field in settings.model_fields.values()}


@pytest.mark.req(82)
def test_the_template_names_every_setting_once_and_no_other() -> None:
    found = [name for _, name, _ in LINES]
    assert len(found) == len(set(found))
    assert set(found) == set[str]().union(*map(names, CLASSES))


@pytest.mark.req(82)
@pytest.mark.parametrize("settings", CLASSES)
def test_what_stands_in_the_template_is_understood(
    settings: type[BaseSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = {name: value for off, name, value in LINES if value and (not off or name in SECRETS)}
    for name, value in shown.items():
        monkeypatch.setenv(name, value)
    read = settings.model_validate({})
    assert read.model_fields_set >= {
        name for name, field in settings.model_fields.items() if str(field.validation_alias or field.alias) in shown
    }


@pytest.mark.req(82)
def test_the_services_in_containers_are_given_every_setting_but_those_of_the_machine_outside() -> None:
    given = set(yaml.safe_load((PROJECT / "compose.yaml").read_text("utf-8"))["x-service"]["environment"])
    assert {name for _, name, _ in LINES} - given == OUTSIDE


@pytest.mark.req(82)
def test_the_gateway_does_not_start_outside_of_the_local_profile_without_its_secrets() -> None:
    with pytest.raises(ValueError, match="PLAYHEAD_SIGNING_KEYS is needed"):
        GatewaySettings.model_validate({"PLAYHEAD_PROFILE": "production"})
