"""The rules for Prometheus: each is about figures that some process tells, and says where it is written what to do."""

import re
from collections.abc import Iterable
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from contracts.rendering import Stage
from eventlog.telemetry import Metrics
from ops.settings import PROJECT
from services.gateway.health import part_metrics
from services.gateway.metrics import REGISTRY, answered
from services.gateway.ports.gateway import PartState
from services.render.leases import LeaseAge
from services.render.worker.metrics import WorkerMetrics

DOCS = PROJECT / "docs"
RULES: list[dict[str, Any]] = yaml.safe_load((DOCS / "alerts.yml").read_text("utf-8"))["groups"][0]["rules"]
RUNBOOKS = dict(
    re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", (DOCS / "runbooks.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
)


async def nobody() -> float | None:
    return None


def told() -> dict[str, set[str]]:
    """Every figure that a process tells, with the names of its labels."""
    services = CollectorRegistry()
    LeaseAge(nobody, services)
    _tells(Metrics(services))
    WorkerMetrics(services).stage(Stage.SPEECH, "done", 1)
    part_metrics.note({"kafka": PartState(True, 1.0), "projections": PartState(True, 1.0, {"p": {"lagSeconds": 0}})})
    answered({"type": "http", "method": "GET"}, 404, 0.0)
    families = [family for registry in (services, REGISTRY) for family in registry.collect()]
    found = {family.name: set[str]() for family in families}
    return found | {sample.name: set(sample.labels) for family in families for sample in family.samples}


def _tells(metrics: Metrics) -> None:
    metrics.batch("r", 0, 1, 1, 0.0)
    metrics.lag("r", 0, 0, 0.0)
    metrics.working("r", 0, True)
    metrics.refused("r", "code", 1)
    metrics.parked("r", 0, 0)
    metrics.waiting("r", 0, 0, 0, 0)
    metrics.not_a_command("r", 0)
    metrics.error("r", "error")
    metrics.unreadable()


TOLD = told()


def name_of(rule: dict[str, Any]) -> str:
    return rule["alert"]


def named(texts: Iterable[str]) -> set[str]:
    return {name for text in texts for name in re.findall(r"playhead_\w+", text)}


@pytest.mark.req(37)
@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_an_alert_is_about_figures_that_are_told(rule: dict[str, Any]) -> None:
    figures = named([rule["expr"]])
    assert figures
    assert figures <= set(TOLD)


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_an_alert_speaks_of_labels_that_its_figure_has(rule: dict[str, Any]) -> None:
    spoken = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    chosen = {name for group in re.findall(r"\{([^}]*)\}", rule["expr"]) for name in re.findall(r"(\w+)=", group)}
    kept = set[str]().union(*(TOLD[name] for name in named([rule["expr"]])))
    aggregated = re.findall(r"\b(?:max|sum|min) by \(([\w, ]+)\)", rule["expr"])
    assert chosen <= kept
    assert spoken <= (kept if not aggregated else {name.strip() for by in aggregated for name in by.split(",")})


@pytest.mark.req(37)
@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_an_alert_has_a_runbook_of_its_own_that_says_what_it_means_where_to_look_and_what_to_do(
    rule: dict[str, Any],
) -> None:
    assert rule["annotations"]["runbook"] == f"docs/runbooks.md#{rule['alert'].lower()}"
    assert rule["labels"]["severity"] in ("page", "ticket")
    words = [RUNBOOKS[rule["alert"]].partition(f"**{word}**:")[2].strip() for word in ("It says", "Look", "Do")]
    assert all(words)


def test_no_runbook_is_left_of_a_rule_that_is_gone() -> None:
    names = [rule["alert"] for rule in RULES]
    assert sorted(RUNBOOKS) == sorted(names)
    assert len(names) > 12


@pytest.mark.parametrize("page", ["operate.md", "runbooks.md"])
def test_a_page_names_no_figure_that_is_not_told(page: str) -> None:
    spoken = named([(DOCS / page).read_text("utf-8")])
    assert spoken
    assert {name for name in spoken if name.count("_") > 1} <= set(TOLD) | {"playhead_gateway_request_seconds"}
