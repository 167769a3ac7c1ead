"""A client that strangers generate from the description: it compiles, and works with a real gateway.

openapi-python-client is run by uvx: in our lock it would hold back packages that Lotse runs with.
"""

import compileall
import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from factories_gateway import Gateway, a_detector
from fixtures.absent import absent

from lotse_gateway.guards.keys import Scope

GENERATOR = "openapi-python-client@0.29.1"
PACKAGE = "lotse_generated"


def _generate(folder: Path, url: str) -> None:
    (folder / "config.yml").write_text("post_hooks: []\n")
    command: list[str | Path] = [
        *(Path(sys.executable).parent / "uvx", "--quiet", GENERATOR, "generate", "--path", url, "--meta", "none"),
        *("--output-path", folder / PACKAGE, "--config", folder / "config.yml"),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if not (folder / PACKAGE).is_dir():
        absent("openapi-python-client", f"uvx must reach a package index: {(ran.stderr or ran.stdout)[-500:]}")
    assert "Endpoint will not be generated" not in ran.stdout + ran.stderr


async def test_a_generated_client_compiles_and_works(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with gateway.client(None) as client:
        (tmp_path / "openapi.json").write_bytes((await client.get("/openapi.json")).content)
    _generate(tmp_path, str(tmp_path / "openapi.json"))
    assert compileall.compile_dir(tmp_path / PACKAGE, quiet=1)
    monkeypatch.syspath_prepend(str(tmp_path))

    def generated(name: str) -> Any:
        return importlib.import_module(f"{PACKAGE}.{name}")

    models, key = generated("models"), await gateway.key(Scope.ADMIN)
    async with gateway.client(key) as http:
        lotse = generated("client").AuthenticatedClient(base_url="http://gateway", token=key)
        lotse.set_async_httpx_client(http)
        wanted = models.Detector.from_dict(a_detector("D1", lanes=2))
        created = await generated("api.detectors.create_detector").asyncio(client=lotse, body=wanted)
        assert (created.detector_id, created.lanes) == ("D1", 2)
        refused = await generated("api.detectors.create_detector").asyncio(client=lotse, body=wanted)
        assert (refused.status, refused.type_) == (409, "/problems/conflict")
        page = await generated("api.detectors.list_detectors").asyncio(client=lotse, limit=1)
        assert page.items == [created]
        made = await generated("api.keys.create_key").asyncio(
            client=lotse, body=models.KeyRequest(name="stranger", scopes=[models.Scope.VIEWER])
        )
        assert made.key.startswith(f"lotse_{made.key_id}_")
        assert (await generated("api.keys.revoke_key").asyncio_detailed(made.key_id, client=lotse)).status_code == 204
        done = await generated("api.audit.list_audit_events").asyncio(client=lotse, noun="detector")
        assert [event.action for event in done.items] == ["create"]
