"""deploy/kubernetes against the schemas of Kubernetes, against itself, and against what our programs really have."""

import re
import tomllib
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml  # type: ignore[import-untyped]  # comes with check-jsonschema; its stubs are not worth a package
from fastapi import FastAPI

from lotse_gateway.settings import GatewaySettings
from lotse_ingest.settings import IngestSettings
from lotse_routing.settings import RoutingSettings
from lotse_shared.health import health_router
from lotse_shared.settings import BrokerSettings, DatabaseSettings, HttpSettings, Settings

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
RELEASE = "1.33"
FOREIGN = {"EMQX", "Cluster", "Kustomization"}
"""Kinds of the two operators, whose schemas come with them and in no package, and kustomize's own file."""

DOCUMENTS: list[dict[str, Any]] = [
    document for path in sorted(FOLDER.glob("*.yaml")) for document in yaml.safe_load_all(path.read_text())
]
KUSTOMIZATION = next(document for document in DOCUMENTS if document["kind"] == "Kustomization")
PODS: dict[str, dict[str, Any]] = {
    document["metadata"]["name"]: document["spec"]["template"]
    for document in DOCUMENTS
    if document["kind"] in {"Deployment", "StatefulSet", "Job"}
}


def named(kind: str, name: str) -> dict[str, Any]:
    return next(each for each in DOCUMENTS if each["kind"] == kind and each["metadata"]["name"] == name)


def whose(document: dict[str, Any]) -> str:
    return f"{document['kind']} {document.get('metadata', {}).get('name', '')}"


@pytest.mark.parametrize("document", [each for each in DOCUMENTS if each["kind"] not in FOREIGN], ids=whose)
def test_every_manifest_obeys_the_schema_of_its_kind(document: dict[str, Any]) -> None:
    kubernetes_validate.validate(document, RELEASE, strict=True)


def test_foreign_kinds_are_those_of_the_two_operators() -> None:
    versions = {each["kind"]: each["apiVersion"] for each in DOCUMENTS if each["kind"] in FOREIGN}
    assert versions["EMQX"] == "apps.emqx.io/v2beta1"
    assert versions["Cluster"] == "postgresql.cnpg.io/v1"


def test_kustomize_takes_every_file() -> None:
    files = {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(KUSTOMIZATION["resources"]) == files
    made_from = [
        file for each in KUSTOMIZATION["configMapGenerator"] for file in (*each.get("envs", ()), *each.get("files", ()))
    ]
    assert all((FOLDER / file).is_file() for file in made_from)
    drawn = [file for each in KUSTOMIZATION["secretGenerator"] for file in each["files"]]
    assert all(file.startswith("secrets/") for file in drawn)
    assert (FOLDER / ".gitignore").read_text() == "secrets/\n"


@pytest.mark.parametrize("name", PODS)
def test_no_pod_has_rights_or_writes_to_its_root(name: str) -> None:
    spec = PODS[name]["spec"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] == 10001
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    for container in spec["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert "memory" in container["resources"]["limits"]
        assert {"/tmp"} <= {mount["mountPath"] for mount in container["volumeMounts"]}  # noqa: S108 - a mount


@pytest.mark.parametrize("name", [name for name in PODS if name != "migrate"])
def test_probes_ask_what_services_answer(name: str) -> None:
    (container,) = PODS[name]["spec"]["containers"]
    app = FastAPI()
    app.include_router(health_router(dict))
    paths = {container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert paths == {"/healthz", "/readyz"}
    assert paths <= app.openapi()["paths"].keys()
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"  # no restart for a database that is away


@pytest.mark.parametrize("name", PODS)
def test_commands_and_settings_exist(name: str) -> None:
    (container,) = PODS[name]["spec"]["containers"]
    scripts = [tomllib.loads(path.read_text())["project"]["scripts"] for path in ROOT.glob("s*/**/pyproject.toml")]
    assert container["command"][0] in {script for each in scripts for script in each}
    ours = [line.partition("=")[0] for line in (FOLDER / "lotse.env").read_text().splitlines()]
    assert {each["name"] for each in container["env"]} | set(ours) <= known_settings()


def known_settings() -> set[str]:
    parts = [type(part) for part in vars_of(RoutingSettings())]
    kinds: list[type[Settings]] = [
        *parts,
        DatabaseSettings,
        BrokerSettings,
        HttpSettings,
        IngestSettings,
        GatewaySettings,
    ]
    names = {f"{kind.model_config['env_prefix']}{name}".upper() for kind in kinds for name in kind.model_fields}
    return names | {f"{name}_FILE" for name in names if name.endswith(("DSN", "PASSWORD"))}


def vars_of(settings: RoutingSettings) -> list[Settings]:
    return [getattr(settings, name) for name in settings.__dataclass_fields__]


def test_volumes_are_mounted_and_secrets_are_made_by_somebody() -> None:
    made = {each["name"] for each in KUSTOMIZATION["secretGenerator"]} | {"lotse-database-app", "lotse-broker-tls"}
    for pod in PODS.values():
        volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
        (container,) = pod["spec"]["containers"]
        assert {mount["name"] for mount in container["volumeMounts"]} == volumes.keys()
        assert {each["secret"]["secretName"] for each in volumes.values() if "secret" in each} <= made


def test_slots_are_numbered_by_their_pods() -> None:
    (container,) = PODS["ingest"]["spec"]["containers"]
    slot = next(each for each in container["env"] if each["name"] == "LOTSE_INGEST_SLOT")
    assert slot["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.labels['apps.kubernetes.io/pod-index']"
    assert "LOTSE_INGEST_SHARE_GROUP=ingest" in (FOLDER / "lotse.env").read_text().splitlines()
    assert PODS["ingest"]["spec"]["terminationGracePeriodSeconds"] >= 40
    assert not [each for each in DOCUMENTS if each["kind"] == "HorizontalPodAutoscaler" and "ingest" in str(each)]


def test_routing_has_a_standby_on_another_machine() -> None:
    assert named("Deployment", "routing")["spec"]["replicas"] == 2
    assert "podAntiAffinity" in PODS["routing"]["spec"]["affinity"]


def test_a_commit_is_on_two_instances() -> None:
    postgresql = named("Cluster", "lotse-database")["spec"]["postgresql"]
    assert postgresql["synchronous"] == {"method": "any", "number": 1, "dataDurability": "required"}
    assert "timescaledb" in postgresql["shared_preload_libraries"]


def test_selectors_find_pods() -> None:
    labels = [pod["metadata"]["labels"] for pod in PODS.values()]
    for document in DOCUMENTS:
        if document["kind"] in {"Service", "PodDisruptionBudget", "Deployment", "StatefulSet"}:
            selector = document["spec"]["selector"]
            wanted = selector.get("matchLabels", selector)
            assert any(wanted.items() <= each.items() for each in labels), whose(document)


def test_policies_name_labels_that_pods_have() -> None:
    labels = {f"{name}: {value}" for pod in PODS.values() for name, value in pod["metadata"]["labels"].items()}
    operators = {"cnpg.io/cluster: lotse-database", "apps.emqx.io/instance: lotse-broker"}
    text = (FOLDER / "network-policies.yaml").read_text().replace('"', "")
    named_labels = set(re.findall(r"podSelector: \{ matchLabels: \{ (.+?) \} \}", text))
    assert named_labels <= labels | operators
    assert named("NetworkPolicy", "nothing")["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_the_broker_allows_what_mosquitto_allows() -> None:
    deployed = (ROOT / "deploy/mosquitto/acl").read_text()
    ours = (FOLDER / "acl.conf").read_text()
    for topic in re.findall(r"^pattern write (\S+)$", deployed, re.MULTILINE):
        assert topic.replace("%u", "${username}") in ours
    assert '{allow, {username, "ingest"}, subscribe, ["lotse/v1/#"]}.' in ours
    assert ours.rstrip().endswith("{deny, all}.")
