"""Alerts against what the services really export, and against the runbooks."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # comes with check-jsonschema; its stubs are not worth a package
from prometheus_client import REGISTRY, CollectorRegistry

import lotse_gateway.metrics
import lotse_routing.metrics
from lotse_ingest.metrics import Metrics

ROOT = Path(__file__).parents[2]
ALERTS: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
SECTIONS = re.findall(r"^## (\w+)$", (ROOT / "docs/runbooks.md").read_text(), re.MULTILINE)


@pytest.fixture(scope="module")
def exported() -> set[str]:
    """Names of what the three services export, those without a sample yet too."""
    ingest = CollectorRegistry()
    Metrics(ingest)
    assert lotse_gateway.metrics
    assert lotse_routing.metrics
    kinds = {"counter": ("_total",), "histogram": ("_count", "_sum", "_bucket"), "gauge": ("",)}
    families = [family for registry in (REGISTRY, ingest) for family in registry.collect()]
    return {family.name + end for family in families for end in kinds.get(family.type, ())}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: str(alert["alert"]))
def test_every_metric_of_an_alert_is_exported(alert: dict[str, Any], exported: set[str]) -> None:
    names = set(re.findall(r"\blotse_\w+", alert["expr"]))
    assert names or alert["alert"] == "ServiceDown"
    assert names <= exported


def test_every_alert_has_its_runbook_and_every_runbook_its_alert() -> None:
    assert [alert["alert"] for alert in ALERTS] == SECTIONS
