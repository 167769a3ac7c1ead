"""Asking the gateway: JSON of a GET, pages of a list, the ledger."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import httpx

from lotse_standalone.machine.problems import StandaloneError

PAGE = 500
OUTCOMES = ("received", "stored", "duplicate", "quarantined", "rejected")
"""Of readings: received = stored + duplicate + quarantined + rejected."""


class GatewayAwayError(StandaloneError):
    """The gateway did not answer, or not as it should."""


def ask(client: httpx.Client, path: str, **parameters: str | int) -> Any:  # noqa: ANN401 - JSON
    """Give the JSON of a GET.

    Raises
    ------
    GatewayAwayError
        No answer, or an error.
    """
    try:
        answer = client.get(path, params=parameters)
        answer.raise_for_status()
        return answer.json()
    except (httpx.HTTPError, ValueError) as error:
        message = f"the gateway did not tell {path}: {error}"
        raise GatewayAwayError(message) from error


def sum_ledger(client: httpx.Client, since: datetime) -> Mapping[str, int]:
    """Give what became of the readings received since the hour of this moment; raises as `ask` does."""
    span = {"from": since.isoformat()}
    totals = ask(client, "/v1/ingest/ledger", limit=1, **span)["totals"]
    return {name: totals[name] for name in OUTCOMES}


def list_all(client: httpx.Client, path: str) -> Iterator[dict[str, Any]]:
    """Give every item of a paged list."""
    page = ask(client, path, limit=PAGE)
    yield from page["items"]
    while page["next_cursor"] is not None:
        page = ask(client, path, limit=PAGE, cursor=page["next_cursor"])
        yield from page["items"]
