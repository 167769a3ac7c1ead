"""What /openapi.json tells people to send works on the demo town as it stands there."""

import asyncio
import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from lotse_gateway.models.keys import KEY_ID
from lotse_standalone import town
from lotse_standalone.servers.postgres import EmbeddedPostgres
from lotse_standalone.stack.registry import register
from lotse_standalone.stack.stack import Stack, StackOptions

DEADLINE_S = 30.0
PAGE = Path(__file__).parents[2] / "docs" / "api.md"
MORNING = "## A morning in the control centre"
DONE = "=== done ==="
STREAM = "text/event-stream"
LIVING = {"/v1/system", "/v1/detectors/{detector_id}/outages", "/v1/outages", "/v1/ingest/ledger/gaps"}
"""They tell the time, or how long something has lasted by now, or go up to now unless told otherwise."""
TURNS = ("post", "put", "get", "act", "delete")
Json = dict[str, Any]
Operation = tuple[str, str, Json]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """The gateway of a Lotse with the demo town, which has decided what its signs show."""
    folder = tmp_path_factory.mktemp("examples") / "data"
    settings = json.loads((town.FOLDER / "settings.json").read_text(encoding="utf-8"))
    with Stack(StackOptions(folder, settings=settings)) as stack, stack.client() as client:
        stack.import_links(town.FOLDER, "auenbrueck")
        register(client, town.FOLDER)
        _send_a_broken_message(client)
        _wait_for_decisions(client)
        asyncio.run(_raise_alarm(stack.dsn))
        asyncio.run(_propose(stack.dsn))
        asyncio.run(_add_key(stack.dsn))
        yield client
    EmbeddedPostgres(folder / "postgres", 1).discard()


async def _raise_alarm(dsn: str) -> None:
    """A town in which nothing happens raises none, and the first one is acknowledged by an example."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "insert into alarm (kind, message, raised_at) values ('example', 'so that there is one', now())"
    )
    await connection.close()


async def _propose(dsn: str) -> None:
    """No sign of the town asks before it changes; the examples answer two that would."""
    connection = await asyncpg.connect(dsn)
    for sign_id in ("S3", "S4"):
        await connection.execute(
            "insert into proposal"
            " (proposal_id, sign_id, number, plan, lines, explanation, detours, made_at, expires_at, state)"
            " values ($1 || '-1', $1, 1, '', '{STAU}', 'a jam', '[]', now(), now() + interval '1 h', 'waiting')",
            sign_id,
        )
    await connection.close()


async def _add_key(dsn: str) -> None:
    """Ids of keys are drawn; the examples read, replace and revoke this one."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "insert into api_key (key_id, name, secret_sha256, scopes) values ($1, 'wall display', '\\x00', '{viewer}')",
        KEY_ID,
    )
    await connection.close()


def _send_a_broken_message(client: httpx.Client) -> None:
    """Half a message, as in docs/api.md: the dead letter of the examples."""
    answer = client.post("/v1/readings", params={"topic": "fiware/KL-18/flow"}, content=b'{"id":"KL-18","ty')
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY, answer.text


def _wait_for_decisions(client: httpx.Client) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while (answer := client.get("/v1/signs/S2/display")).status_code != httpx.codes.OK:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.1)


def operations(document: Json) -> list[Operation]:
    """All of them, in an order in which each finds what it asks for.

    Create, replace, read, act upon (`POST /v1/{noun}/{id}/{act}`), retire.
    """
    listed = [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if STREAM not in operation["responses"].get("200", {}).get("content", {})  # these never end
    ]

    def turn(operation: Operation) -> tuple[int, str]:
        method, path, _ = operation
        acts = method == "post" and "{" in path
        return TURNS.index("act" if acts else method), path

    return sorted(listed, key=turn)


def example_of(part: Json) -> Any:
    """Give the example of a parameter or a body, None if there is none."""
    return part.get("example", next(iter(part["schema"].get("examples", [])), None))


def send_example(
    client: httpx.Client, method: str, path: str, operation: Json, headers: dict[str, str] | None = None
) -> httpx.Response:
    """Send what the description shows, with all parameters that have an example."""
    given = {(each["in"], each["name"]): example_of(each) for each in operation.get("parameters", [])}
    in_path = {name: value for (place, name), value in given.items() if place == "path"}
    query = {name: value for (place, name), value in given.items() if place == "query" and value is not None}
    content = operation.get("requestBody", {}).get("content", {})
    body = example_of(content["application/json"]) if content else None
    return client.request(method, path.format(**in_path), params=query, json=body, headers=headers)


def test_every_example_of_a_request_works_on_the_demo_town_at_the_first_try(client: httpx.Client) -> None:
    listed = operations(client.get("/openapi.json").json())
    assert len(listed) > 30
    for method, path, operation in listed:
        answer = send_example(client, method, path, operation)
        promised = [int(status) for status in operation["responses"] if status.startswith("2")]
        assert answer.status_code in promised, f"{method} {path}: {answer.status_code} {answer.text}"


def test_the_examples_of_lists_find_something(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    for path, found in (("/v1/links", "features"), ("/v1/detours", "items")):
        answer = send_example(client, "get", path, document["paths"][path]["get"])
        assert answer.json()[found], path


def test_every_read_has_an_etag_and_is_304_while_nothing_changes(client: httpx.Client) -> None:
    tried, living = 0, set()
    for method, path, operation in operations(client.get("/openapi.json").json()):
        if method != "get" or "304" not in operation["responses"]:
            continue
        if not send_example(client, method, path, operation).is_success:
            continue  # another example has deleted it
        tried += 1
        for _ in range(20):  # something may have happened in between, but not every time
            first = send_example(client, method, path, operation)
            assert re.fullmatch('"[0-9a-f]{32,64}"', first.headers["etag"]), path
            again = client.get(first.request.url, headers={"If-None-Match": first.headers["etag"]})
            if again.status_code == httpx.codes.NOT_MODIFIED:
                break
        else:
            living.add(path)
    assert living <= LIVING, "another one every time"
    assert tried > 30


def test_every_put_refuses_a_wrong_if_match(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    send_example(
        client, "put", "/v1/signs/{sign_id}", document["paths"]["/v1/signs/{sign_id}"]["put"]
    )  # in service again
    for method, path, operation in operations(document):
        if method == "put":
            refused = send_example(client, method, path, operation, {"If-Match": '"another"'})
            assert refused.status_code == httpx.codes.PRECONDITION_FAILED, f"{path}: {refused.text}"


def blocks_of(section: str) -> list[tuple[str, str]]:
    """Give the calls of a section, each with the answer that stands below it; empty: none does."""
    found: list[tuple[str, str]] = []
    for block in re.findall(r"(?:^    .*\n)+", section, re.MULTILINE):
        text = re.sub(r"^    ", "", block, flags=re.MULTILINE).strip()
        if re.match(r"curl |[A-Z]+=", text):
            found.append((text, ""))
        else:
            found[-1] = (found[-1][0], text)
    return found


def fits(shown: str, said: str) -> bool:
    """Tell whether an answer is as the page shows it: spaces do not count, and `…` is anything."""
    words = [re.escape(re.sub(r"\s", "", part)) for part in shown.split("…")]
    return re.match(".*".join(words), re.sub(r"\s", "", said), re.DOTALL) is not None


def test_the_morning_in_the_control_centre_goes_as_it_is_told(client: httpx.Client, tmp_path: Path) -> None:
    section = PAGE.read_text(encoding="utf-8").split(MORNING)[1].split("\n## ")[0]
    blocks = blocks_of(section)
    assert len(blocks) > 10
    script = "".join(f"{call}\necho '{DONE}'\n" for call, _ in blocks)
    environment = {
        "LOTSE": str(client.base_url).rstrip("/"),
        "KEY": f"Authorization: {client.headers['authorization']}",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "no_proxy": "*",
    }
    told = subprocess.run(
        ["/bin/bash", "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout.split(DONE)
    for (call, shown), said in zip(blocks, told, strict=False):
        assert fits(shown, said), f"{call}\n--- is told to give\n{shown}\n--- and gives\n{said}"
