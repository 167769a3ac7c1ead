"""Alerts, recording rules and dashboards against what the services really export, and against the runbooks."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from typing import get_args

import pytest
import yaml  # type: ignore[import-untyped]  # comes with check-jsonschema; its stubs are not worth a package
from factories_monitoring import (
    DASHBOARDS,
    OF_TARGETS,
    ROOT,
    RULES,
    Asked,
    Exported,
    Reader,
    UnknownError,
    asked_by_dashboards,
    asked_by_rules,
    exported_by_services,
    rules,
)
from fixtures.absent import absent

from lotse_gateway.models.displays import ConfirmationState
from lotse_ingest.messages import Outcome

ALERTS = asked_by_rules("alerts.yml")
RECORDED = asked_by_rules("recording.yml")
SECTIONS = re.findall(r"^## (\w+)$", (ROOT / "docs/runbooks.md").read_text(), re.MULTILINE)
CASES = ROOT / "tests/contract/alerts.promtool.yml"
PROVISIONING = ROOT / "deploy/grafana/provisioning"
VALUES = {"confirmation": get_args(ConfirmationState), "outcome": (*get_args(Outcome), "failed"), "job": ("lotse",)}
"""What a label may be asked to be, beside patterns; that of another label has to be told here."""


@pytest.fixture(scope="module")
def exported() -> Exported:
    """What services export, and what is recorded of it."""
    known = exported_by_services()
    for recorded in RECORDED:
        known[recorded.where] = Reader(known).labels(recorded.expression)
    return known


@pytest.mark.parametrize("asked", [*RECORDED, *ALERTS, *asked_by_dashboards()], ids=lambda asked: asked.where)
def test_every_metric_and_label_that_is_asked_for_is_exported(asked: Asked, exported: Exported) -> None:
    assert asked.labels_in_words <= Reader(exported).labels(asked.expression), asked.expression


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("sum(lotse_ingest_reading_total)", "nobody exports"),
        ('lotse_ingest_readings_total{verdict="stored"}', "has no label verdict"),
        ("sum by (reason) (rate(lotse_ingest_readings_total[5m]))", "has no label reason"),
        ("histogram_quantile(0.5, sum by (route) (rate(lotse_gateway_request_seconds_bucket[5m])))", "has no label le"),
        ("lotse_ingest_detectors / on (city) lotse_ingest_detectors_silent", "has no label city"),
        ("sum without (town) (lotse_ingest_detectors)", "has no label town"),
    ],
)
def test_what_nobody_exports_is_found(expression: str, why: str, exported: Exported) -> None:
    with pytest.raises(UnknownError, match=why):
        Reader(exported).labels(expression)


def test_labels_are_followed_to_the_result(exported: Exported) -> None:
    follow = Reader(exported).labels
    assert follow("lotse_ingest_readings_total") == OF_TARGETS | {"outcome"}
    assert follow("sum by (outcome) (rate(lotse_ingest_readings_total[5m])) > 0") == {"outcome"}
    assert follow("sum without (outcome, job) (lotse_ingest_readings_total)") == {"instance", "service"}
    assert follow("topk(3, sum by (code) (lotse_ingest_rule_codes_total))") == {"code"}
    assert follow("sum(lotse_ingest_readings_total) or vector(0)") == frozenset()


def test_a_label_is_asked_to_be_what_it_can_be() -> None:
    for asked in (*RECORDED, *ALERTS, *asked_by_dashboards()):
        for label, value in re.findall(r'(\w+)="(\w*)"', asked.expression):
            if label != "service":
                assert value in VALUES[label], asked


def test_every_alert_has_its_runbook_and_every_runbook_its_alert() -> None:
    assert [alert.where for alert in ALERTS] == SECTIONS


def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    tests = yaml.safe_load(CASES.read_text())["tests"]
    cases = [case for test in tests for case in test.get("alert_rule_test", [])]
    for fires in (True, False):
        assert {case["alertname"] for case in cases if bool(case["exp_alerts"]) == fires} == set(SECTIONS)


def promtool(*arguments: object) -> "subprocess.CompletedProcess[str]":
    if shutil.which("promtool") is None:
        absent("promtool", "install Debian's package prometheus (it starts a server of its own: stop that)")
    return subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "command",
    [
        lambda: promtool("check", "rules", RULES / "alerts.yml", RULES / "recording.yml"),
        lambda: promtool("check", "config", "--syntax-only", RULES / "prometheus.yml"),
        lambda: promtool("test", "rules", CASES),
    ],
    ids=["rules", "configuration", "cases"],
)
def test_prometheus_itself_agrees(command: "Callable[[], subprocess.CompletedProcess[str]]") -> None:
    done = command()
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_loads_every_file_of_rules() -> None:
    loaded = yaml.safe_load((RULES / "prometheus.yml").read_text())["rule_files"]
    with_rules = [file.name for file in RULES.glob("*.yml") if "groups:" in file.read_text()]
    assert sorted(loaded) == sorted(f"/etc/prometheus/{name}" for name in with_rules)
    assert all(rules(name) for name in with_rules)


def test_dashboards_are_provisioned_and_find_their_prometheus() -> None:
    (source,) = yaml.safe_load((PROVISIONING / "datasources/prometheus.yml").read_text())["datasources"]
    (provider,) = yaml.safe_load((PROVISIONING / "dashboards/lotse.yml").read_text())["providers"]
    assert provider["options"]["path"] == "/etc/grafana/dashboards"
    dashboards = [json.loads(file.read_text(encoding="utf-8")) for file in DASHBOARDS]
    assert len({each["uid"] for each in dashboards}) == len(dashboards) == 4
    for dashboard in dashboards:
        assert {panel["datasource"]["uid"] for panel in dashboard["panels"]} == {source["uid"]}
        ids = [panel["id"] for panel in dashboard["panels"]]
        assert len(ids) == len(set(ids))


def test_no_panel_covers_another() -> None:
    for file in DASHBOARDS:
        cells: set[tuple[int, int]] = set()
        for panel in json.loads(file.read_text(encoding="utf-8"))["panels"]:
            place = panel["gridPos"]
            own = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert max(x for x, _ in own) < 24
            assert not cells & own, panel["title"]
            cells |= own
