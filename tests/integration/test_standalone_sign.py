"""The reference sign against a gateway that errs, over real HTTP: what it shows, and what it acknowledges."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from factories_standalone import SIGN, display_body

from lotse_standalone.machine.crew import Crew
from lotse_standalone.signs.sign_client import SignClient

DEADLINE_S = 20.0


class Centre:
    """A gateway of one sign. `status` is what polls are answered with, `ack_status` what acknowledgements are."""

    def __init__(self) -> None:
        self.status, self.ack_status = 200, 204
        self.body = display_body(poll_s=0.1, ttl_s=4)
        self.fresh_for_s = 3.0
        self.acks: list[dict[str, Any]] = []
        centre = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                now = datetime.now(UTC)
                fresh_until = (now + timedelta(seconds=centre.fresh_for_s)).isoformat().replace("+00:00", "Z")
                body = centre.body if centre.status == 200 else b"{}"
                self._answer(centre.status, body, {"ETag": f'"{hash(body)}"', "Lotse-Fresh-Until": fresh_until}, now)

            def do_POST(self) -> None:
                centre.acks.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self._answer(centre.ack_status, b"", {}, datetime.now(UTC))

            def _answer(self, status: int, body: bytes, headers: dict[str, str], now: datetime) -> None:
                self.send_response_only(status)
                for name, value in {"Date": format_datetime(now, usegmt=True), **headers}.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def run(self, stop: threading.Event) -> None:
        serving = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        serving.start()
        stop.wait()
        self._server.shutdown()
        self._server.server_close()
        serving.join()


@contextmanager
def a_centre() -> Iterator[Centre]:
    centre = Centre()
    with Crew({"centre": centre.run}):
        yield centre


@pytest.fixture
def centre() -> Iterator[Centre]:
    with a_centre() as opened:
        yield opened


def until(is_so: Any) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def sign(centre: Centre) -> Iterator[SignClient]:
    with httpx.Client(base_url=centre.url, trust_env=False) as client:
        sign = SignClient(client, SIGN)
        with Crew({"sign": sign.run}):
            yield sign


def test_a_sign_shows_first_then_acknowledges_once_and_again_in_time(centre: Centre, sign: SignClient) -> None:
    until(lambda: centre.acks)
    first = centre.acks[0]
    assert (first["epoch"], first["seq"], first["shown"], first["source"]) == (1, 1, "detour", "centre")
    assert sign.shown.lines
    until(lambda: len(centre.acks) == 2)
    assert centre.acks[1] == first


def test_when_nothing_fresh_comes_it_falls_back_and_says_so_as_long_as_somebody_listens(
    centre: Centre, sign: SignClient
) -> None:
    until(lambda: centre.acks)
    centre.status = 503
    until(lambda: centre.acks[-1]["shown"] == "fallback")
    assert centre.acks[-1]["source"] == "stale"
    assert sign.shown.is_fallback
    centre.status = 200
    until(lambda: centre.acks[-1]["shown"] == "detour")


@pytest.mark.parametrize("status", [500, 503, 429, 401, 409])
def test_an_acknowledgement_that_is_not_taken_keeps_no_sign_from_showing(
    centre: Centre, sign: SignClient, status: int
) -> None:
    centre.ack_status = status
    until(lambda: centre.acks)
    centre.body = display_body(poll_s=0.1, ttl_s=4, seq=2, lines=["NEW"])
    until(lambda: sign.shown.lines == ("NEW",))
    centre.ack_status = 204
    until(lambda: centre.acks[-1]["seq"] == 2)


def test_the_program_prints_what_it_shows_and_ends_when_it_is_told(centre: Centre, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("lotse_a_key\n", encoding="utf-8")
    arguments = ["--url", centre.url, "--key-file", str(key), "--sign", SIGN, "--fault", "lamp-3"]
    program = [sys.executable, "-c", "from lotse_standalone.commands import sign; sign()", *arguments]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "BRUECKENSTR. | STAU | FOLGE U1" in process.stdout.readline()
        until(lambda: centre.acks and centre.acks[-1]["faults"] == ["lamp-3"])
        process.terminate()
        assert process.wait(DEADLINE_S) == 0
