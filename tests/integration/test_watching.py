"""A running Lotse as its operator sees it: what its services tell Prometheus, and what their logs say of a request."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import httpx
import pytest
from factories_monitoring import (
    ENDS,
    OF_TARGETS,
    asked_by_dashboards,
    asked_by_rules,
    exported_by_services,
    names_in,
)
from prometheus_client.parser import text_string_to_metric_families

from lotse_standalone import town
from lotse_standalone.machine.ports import LOOPBACK
from lotse_standalone.servers.postgres import EmbeddedPostgres
from lotse_standalone.stack.registry import register
from lotse_standalone.stack.stack import Stack, StackOptions

SETTINGS = {
    **json.loads((town.FOLDER / "settings.json").read_text(encoding="utf-8")),
    "LOTSE_LOG_LEVEL": "DEBUG",
    "LOTSE_INGEST_HOUSEKEEPING_S": "0.2",
}
DEADLINE_S = 60.0
T = TypeVar("T")
PLACES = {"origin": {"point": [7.11058, 54.28404]}, "destination": {"point": [7.10881, 54.29062]}}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("watched") / "data"
    with Stack(StackOptions(folder, settings=SETTINGS)) as running, running.client() as client:
        running.import_links(town.FOLDER, "town")
        register(client, town.FOLDER)
        yield running
    EmbeddedPostgres(folder / "postgres", 1).discard()


@pytest.fixture
def client(stack: Stack) -> Iterator[httpx.Client]:
    with stack.client() as opened:
        yield opened


def wait_for(look: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + DEADLINE_S
    while (found := look()) is None:
        assert time.monotonic() < deadline, "what was waited for did not come"
        time.sleep(0.05)
    return found


def url_of(stack: Stack, service: str) -> str:
    environment = Path(f"/proc/{stack.services[service]}/environ").read_bytes().decode().split("\0")
    (port,) = [entry.removeprefix("LOTSE_HTTP_PORT=") for entry in environment if entry.startswith("LOTSE_HTTP_PORT=")]
    return f"http://{LOOPBACK}:{port}"


def samples(stack: Stack, service: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    text = httpx.get(f"{url_of(stack, service)}/metrics").text
    families = text_string_to_metric_families(text)
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def value(stack: Stack, service: str, name: str, **labels: str) -> float | None:
    return samples(stack, service).get((name, frozenset(labels.items())))


def log_lines(stack: Stack, service: str) -> list[dict[str, Any]]:
    text = (stack.folder / "logs" / f"{service}.log").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def logged(stack: Stack, service: str, **fields: str) -> dict[str, Any]:
    """Give the one line that says so; it may be written a moment after the answer was sent."""
    until_s = time.monotonic() + 10.0
    while True:
        found = [line for line in log_lines(stack, service) if fields.items() <= line.items()]
        if found or time.monotonic() > until_s:
            (line,) = found
            return line
        time.sleep(0.05)


def test_a_request_has_one_id_in_the_logs_of_all_services(stack: Stack, client: httpx.Client) -> None:
    for number in range(2):
        asked = client.post("/v1/routes", json=PLACES, headers={"X-Request-ID": f"way-{number}"})
        assert asked.is_success, asked.text
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    asked = client.post("/v1/routes", json=PLACES, headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    assert asked.headers["x-request-id"] == trace
    for request_id in ("way-0", "way-1", trace):
        outer, inner = (logged(stack, service, request_id=request_id) for service in ("gateway", "routing"))
        assert (outer["path"], inner["path"]) == ("/v1/routes", "/internal/routes")
        assert (outer["status"], inner["status"]) == (200, 200)


def test_a_reading_over_http_leads_from_its_request_to_its_batch(stack: Stack, client: httpx.Client) -> None:
    sent = client.post("/v1/readings", json=a_reading(), headers={"X-Request-ID": "reading-1"})
    assert sent.is_success, sent.text
    answered = logged(stack, "ingest", event="answered", request_id="reading-1")
    assert (answered["path"], answered["status"]) == ("/internal/messages", 200)
    stored = logged(stack, "ingest", event="request stored")
    assert stored["request_id"] == "reading-1"
    assert logged(stack, "ingest", event="batch stored", batch=stored["batch"])["outcomes"] == {"stored": 1}
    lines = log_lines(stack, "ingest")
    assert all("batch" in line for line in lines if line["event"] == "batch stored")


def a_reading(**changes: Any) -> dict[str, Any]:
    measured_at = datetime.now(UTC).replace(microsecond=0)
    return {
        "detector_id": "AB-01",
        "measured_at": measured_at.isoformat(),
        "interval_s": 2,
        "vehicle_count": 1,
        "mean_speed_kmh": 47.0,
        **changes,
    }


def test_requests_are_counted_and_timed_in_every_service(stack: Stack, client: httpx.Client) -> None:
    client.post("/v1/routes", json=PLACES).raise_for_status()
    client.post("/v1/readings", json=a_reading(detector_id="AB-02")).raise_for_status()
    httpx.get(f"{url_of(stack, 'routing')}/internal/nothing")
    outer = {"method": "POST", "route": "/v1/routes"}
    assert value(stack, "gateway", "lotse_gateway_request_seconds_count", **outer)
    for service, route in (("routing", "/internal/routes"), ("ingest", "/internal/messages")):
        labels = {"method": "POST", "route": route, "status": "200"}
        assert value(stack, service, f"lotse_{service}_request_seconds_count", **labels)
    unknown = {"method": "GET", "route": "none", "status": "404"}
    assert value(stack, "routing", "lotse_routing_request_seconds_count", **unknown)


def test_the_domain_is_told(stack: Stack, client: httpx.Client) -> None:
    client.post("/v1/readings", json=a_reading(detector_id="AB-03")).raise_for_status()
    began = time.time()
    taken = wait_for(lambda: value(stack, "routing", "lotse_routing_snapshot_timestamp_seconds"))
    assert began - 60 < taken < time.time() + 1
    assert value(stack, "routing", "lotse_routing_sign_changes_total", state="blank")
    assert value(stack, "gateway", "lotse_gateway_signs", confirmation="unconfirmed") is not None


def test_what_rules_and_dashboards_ask_for_the_running_services_export(stack: Stack) -> None:
    """Names as a scrape has them; the labels of what has samples by now are those that were declared."""
    declared, told = exported_by_services(), set[str]()
    for service in ("gateway", "routing", "ingest"):
        families = list(text_string_to_metric_families(httpx.get(f"{url_of(stack, service)}/metrics").text))
        told |= {family.name + end for family in families for end in ENDS.get(family.type, ())}
        for sample in (sample for family in families for sample in family.samples):
            if sample.name.startswith(f"lotse_{service}") and not sample.name.endswith("_created"):
                assert declared[sample.name] - OF_TARGETS == set(sample.labels), sample
    asked = (*asked_by_rules("alerts.yml"), *asked_by_rules("recording.yml"), *asked_by_dashboards())
    names = {name for each in asked for name in names_in(each.expression) if not name.startswith("lotse:")}
    assert len(names) > 60
    assert names <= told


async def test_an_account_that_the_table_does_not_bear_out_is_told(stack: Stack) -> None:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    before = value(stack, "ingest", "lotse_ingest_ledger_differences_total")
    connection = await asyncpg.connect(stack.dsn)
    try:
        await connection.execute(
            "insert into ingest_ledger (hour, detector_id, received, stored) values ($1, 'AB-09', 3, 3)", hour
        )
    finally:
        await connection.close()
    assert before == 0
    wait_for(lambda: value(stack, "ingest", "lotse_ingest_ledger_differences_total") or None)
    told = [line for line in log_lines(stack, "ingest") if line["event"] == "the ledger and the table differ"]
    assert {(line["detector_id"], line["stored"], line["found"]) for line in told} == {("AB-09", 3, 0)}
