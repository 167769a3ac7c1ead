"""Registers a town's destinations, detectors, signs and corridors over REST."""

import json
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from lotse_standalone.machine.problems import StandaloneError

NOUNS = ("destinations", "detectors", "signs", "corridors")
"""In an order in which each finds what it refers to: signs name destinations, corridors name both."""
ROWS_PER_REQUEST = 10_000
PATIENCE_S = 60.0
"""Routing may be reading the network still, which it needs to look at corridors."""
PAUSE_S = 0.2


def register(client: httpx.Client, folder: Path) -> None:
    """Create or replace what the JSON files of a town folder list (`signs.json`: a list of bodies of /v1/signs).

    Raises
    ------
    StandaloneError
        The gateway refused a file; carries the gateway's words.
    """
    for noun in NOUNS:
        path = folder / f"{noun}.json"
        rows = json.loads(path.read_text(encoding="utf-8"))
        for first in range(0, len(rows), ROWS_PER_REQUEST):
            answer = _post(client, f"/v1/{noun}/bulk", rows[first : first + ROWS_PER_REQUEST])
            if not answer.is_success:
                message = f"{path} was refused: {_words(answer)}"
                raise StandaloneError(message)


def _post(client: httpx.Client, path: str, rows: Sequence[object]) -> httpx.Response:
    """Post, and again as long as something that the answer needs is away."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        answer = client.post(path, json=rows)
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or time.monotonic() > deadline:
            return answer
        time.sleep(PAUSE_S)


def _words(answer: httpx.Response) -> str:
    """Give the detail of a problem (RFC 9457), or what else there is."""
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code} {answer.text[:200]}"
