"""What is asked of Prometheus, and what services export: by name, with the labels that there are."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import promql_parser as promql
import yaml  # type: ignore[import-untyped]  # comes with check-jsonschema; its stubs are not worth a package
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

import lotse_gateway.metrics
import lotse_routing.metrics
import lotse_shared.certificates
from lotse_ingest.metrics import Metrics

ROOT = Path(__file__).parents[1]
RULES = ROOT / "deploy/prometheus"
DASHBOARDS = sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))
OF_TARGETS = frozenset({"job", "instance", "service"})
"""Labels that Prometheus adds where it scrapes (deploy/prometheus/prometheus.yml)."""
ENDS = {"counter": ("_total",), "histogram": ("_count", "_sum", "_bucket"), "gauge": ("",)}
KEEP_LABELS = ("topk", "bottomk")

Labels = frozenset[str]
Exported = Mapping[str, Labels]
"""Labels by the name of a series."""


def exported_by_services() -> dict[str, Labels]:
    """What the registries of the three services have, those without a sample yet too."""
    ingest = Metrics(CollectorRegistry())
    modules = (lotse_gateway.metrics, lotse_routing.metrics, lotse_shared.certificates, ingest)
    found = (value for each in modules for value in vars(each).values() if isinstance(value, MetricWrapperBase))
    told = {name: labels for metric in found for name, labels in _series(metric)}
    of_processes = (family for family in REGISTRY.collect() if family.name.startswith("process_"))
    return told | {family.name: OF_TARGETS for family in of_processes} | {"up": OF_TARGETS}


def _series(metric: MetricWrapperBase) -> Iterator[tuple[str, Labels]]:
    labels = OF_TARGETS | set(metric._labelnames)  # noqa: SLF001 - nothing public tells them before the first sample
    for family in metric.describe():
        for end in ENDS[family.type]:
            yield family.name + end, labels | ({"le"} if end == "_bucket" else set())


@dataclass(frozen=True, slots=True)
class Asked:
    """An expression, where it stands, and the labels that the words beside it name."""

    where: str
    expression: str
    labels_in_words: Labels = frozenset()


def rules(file: str) -> list[dict[str, Any]]:
    groups = yaml.safe_load((RULES / file).read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def asked_by_rules(file: str) -> list[Asked]:
    return [
        Asked(
            rule.get("alert") or rule["record"],
            rule["expr"],
            frozenset(re.findall(r"\$labels\.(\w+)", " ".join(rule.get("annotations", {}).values()))),
        )
        for rule in rules(file)
    ]


def asked_by_dashboards() -> list[Asked]:
    return [
        Asked(
            f"{file.stem}: {panel['title']}",
            target["expr"].replace("$__rate_interval", "5m"),
            frozenset(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])),
        )
        for file in DASHBOARDS
        for panel in json.loads(file.read_text(encoding="utf-8"))["panels"]
        for target in panel["targets"]
    ]


def names_in(expression: str) -> set[str]:
    return set(re.findall(r"\blotse[_:][\w:]+|\bprocess_\w+", expression))


class UnknownError(AssertionError):
    """A metric or label that nobody exports."""


class Reader:
    """Follows labels through an expression, and finds names that there are not."""

    def __init__(self, exported: Exported) -> None:
        self._exported = exported

    def labels(self, expression: str) -> Labels:
        """The labels that the result has."""
        return self._of(promql.parse(expression))

    def _of(self, node: Any) -> Labels:  # noqa: PLR0911 - one a kind of node
        match node:
            case promql.VectorSelector():
                return self._selected(node)
            case promql.MatrixSelector():
                return self._selected(node.vector_selector)
            case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
                return self._of(node.expr)
            case promql.Call():
                return self._called(node)
            case promql.AggregateExpr():
                return self._aggregated(node)
            case promql.BinaryExpr():
                return self._combined(node)
        assert isinstance(node, promql.NumberLiteral | promql.StringLiteral), f"not followed yet: {node}"
        return frozenset()

    def _selected(self, selector: Any) -> Labels:
        known = self._exported.get(selector.name)
        if known is None:
            message = f"nobody exports {selector.name}"
            raise UnknownError(message)
        return self._require(known, [matcher.name for matcher in selector.matchers.matchers], selector.name)

    def _called(self, call: Any) -> Labels:
        of_arguments = [self._of(argument) for argument in call.args]
        labels = frozenset[str]().union(*of_arguments)
        if call.func.name == "histogram_quantile":
            return self._require(labels, ["le"], str(call)) - {"le"}
        return labels

    def _aggregated(self, node: Any) -> Labels:
        inner = self._of(node.expr)
        if node.modifier is None:
            return inner if str(node).startswith(KEEP_LABELS) else frozenset()
        self._require(inner, node.modifier.labels, str(node))
        named = frozenset(node.modifier.labels)
        return named if node.modifier.type == promql.AggModifierType.By else inner - named

    def _combined(self, node: Any) -> Labels:
        sides = [self._of(side) for side in (node.lhs, node.rhs)]
        if node.modifier is not None and node.modifier.matching is not None:
            for side in sides:
                self._require(side, node.modifier.matching.labels, str(node))
        return sides[0] or sides[1]

    @staticmethod
    def _require(known: Labels, named: list[str], where: str) -> Labels:
        if unknown := set(named) - known:
            message = f"{where} has no label {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}"
            raise UnknownError(message)
        return known
