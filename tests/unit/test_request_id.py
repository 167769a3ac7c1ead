"""The id of a request: whose it is, and where it goes."""

import asyncio
from contextvars import copy_context

import pytest

from lotse_shared.request_id import begin_request, current_request_id, headers_onward

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x-request-id": "4711"}, "4711"),
        ({"traceparent": PARENT}, TRACE),
        ({"traceparent": PARENT, "x-request-id": "4711"}, "4711"),
        ({"x-request-id": "not one", "traceparent": PARENT}, TRACE),
        ({"traceparent": f"{PARENT}".replace("00-", "01-", 1) + "-more"}, TRACE),
    ],
)
def test_the_clients_own_id_goes_before_that_of_its_trace(headers: dict[str, str], expected: str) -> None:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    assert copy_context().run(begin_request, raw) == expected.encode()


@pytest.mark.parametrize(
    "parent",
    ["", "00", PARENT.upper(), PARENT.replace(TRACE, "0" * 32), f"ff{PARENT[2:]}", f"{PARENT[:36]}{'0' * 16}-01"],
)
def test_what_is_no_trace_is_no_id(parent: str) -> None:
    made = {copy_context().run(begin_request, [(b"traceparent", parent.encode())]) for _ in range(2)}
    assert len(made) == 2
    assert TRACE.encode() not in made


async def test_it_holds_for_the_request_alone_and_for_what_it_starts() -> None:
    async def handle(name: bytes) -> tuple[str | None, dict[str, str]]:
        begin_request([(b"x-request-id", name)])
        await asyncio.sleep(0)
        return await asyncio.to_thread(current_request_id), dict(headers_onward())

    outside = dict(headers_onward())
    answers = list(await asyncio.gather(handle(b"first"), handle(b"second")))
    assert answers == [("first", {"x-request-id": "first"}), ("second", {"x-request-id": "second"})]
    assert headers_onward() == outside
