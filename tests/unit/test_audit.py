"""The audit: what each tool's answer means, and that a source that is away is not a clean bill."""

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from audit.checks import Result, Verdict, audit_console, audit_python, find_secrets, read_npm, tell
from fixtures.absent import absent

from lotse_standalone.machine.ports import LOOPBACK, free_port


@contextmanager
def advisories(answer: Any) -> Iterator[str]:
    """A source of advisories that answers what it is told to; uv asks one, npm another way."""

    class Source(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["content-length"]))
            self._send(answer(json.loads(asked)) if self.path == "/v1/querybatch" else answer({}))

        def do_GET(self) -> None:
            self._send({"id": "TEST-1", "modified": "2026-01-01T00:00:00Z", "summary": "bad", "affected": []})

        def _send(self, body: Any) -> None:
            data = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer((LOOPBACK, 0), Source) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://{LOOPBACK}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def osv(asked: dict[str, Any], bad: str) -> dict[str, Any]:
    vulnerable = {"vulns": [{"id": "TEST-1", "modified": "2026-01-01T00:00:00Z"}]}
    return {"results": [vulnerable if query["package"]["name"] == bad else {} for query in asked["queries"]]}


@pytest.mark.parametrize(("bad", "verdict"), [("", Verdict.CLEAN), ("fastapi", Verdict.FOUND)])
def test_what_osv_says_of_our_packages_is_told(bad: str, verdict: Verdict) -> None:
    with advisories(lambda asked: osv(asked, bad)) as url:
        result = audit_python("--service-url", url)
    assert result.verdict is verdict
    assert ("fastapi" in tell(result)) == (bad == "fastapi")


def test_packages_that_nobody_could_be_asked_about_are_not_clean() -> None:
    result = audit_python("--service-url", f"http://{LOOPBACK}:{free_port()}")
    assert result.verdict is Verdict.NOT_AUDITED
    assert "NOT AUDITED\n    no advisory source reachable" in tell(result)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"auditReportVersion": 2, "vulnerabilities": {}}, (Verdict.CLEAN, "")),
        (
            {"auditReportVersion": 2, "vulnerabilities": {"ol": {"severity": "high", "range": "<9"}}},
            (Verdict.FOUND, "ol: high, <9"),
        ),
        (
            {"message": "405 Not Allowed"},
            (Verdict.NOT_AUDITED, "no advisory source reachable: 405 Not Allowed"),
        ),
    ],
)
def test_a_report_of_npm_is_told_from_its_errors(said: dict[str, Any], expected: tuple[Verdict, str]) -> None:
    assert read_npm(f"npm warn something\n{json.dumps(said)}\nnpm error a log is at /tmp") == expected
    assert read_npm("npm error") == (Verdict.NOT_AUDITED, "no advisory source reachable: npm error")


def test_npm_asks_for_what_the_console_is_made_of() -> None:
    if shutil.which("npm") is None:
        absent("npm", "install Debian's package npm")
    with advisories(lambda _: {}) as url:
        assert audit_console("--registry", url).verdict is Verdict.CLEAN
    assert audit_console("--registry", f"http://{LOOPBACK}:{free_port()}", "--fetch-retries", "0").verdict is (
        Verdict.NOT_AUDITED
    )


def test_a_key_in_a_file_is_found_and_what_the_baseline_knows_is_not(tmp_path: Path) -> None:
    leak = tmp_path / "settings.py"
    leak.write_text(f'aws = "AKIA{"IOSFODNN7" + "QWERTYU"}"\n')
    found = find_secrets([leak])
    assert found.verdict is Verdict.FOUND
    assert "settings.py" in found.words
    assert find_secrets([Path("docs/api.md")]) == Result(found.what, Verdict.CLEAN)
