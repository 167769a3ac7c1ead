"""Answers that are kept: composed once for all who ask, and anew when what they are made of has changed."""

import asyncio
import gzip

import pytest
from starlette.requests import Request

from lotse_gateway.answers.etags import etag_of
from lotse_gateway.answers.kept import Composed, Kept
from lotse_gateway.answers.sparse import CHOSEN

PACKED = Request({"type": "http", "headers": [(b"accept-encoding", b"gzip")]})
PLAIN = Request({"type": "http", "headers": []})


async def test_a_hundred_who_ask_at_once_compose_it_once() -> None:
    kept, composed = Kept(), 0

    async def read() -> bytes:
        nonlocal composed
        composed += 1
        await asyncio.sleep(0)
        return b"[1]"

    answers = await asyncio.gather(*(kept.get("first", read) for _ in range(100)))
    assert {answer.body for answer in answers} == {b"[1]"}
    assert composed == 1
    await kept.get("second", read)
    assert composed == 2


async def test_what_could_not_be_read_is_not_kept() -> None:
    kept, fails = Kept(), True

    async def read() -> bytes:
        if fails:
            message = "cut"
            raise OSError(message)
        return b"[1]"

    for _ in range(2):
        with pytest.raises(OSError, match="cut"):
            await kept.get("one", read)
    fails = False
    assert (await kept.get("one", read)).body == b"[1]"


async def test_each_form_has_an_etag_of_its_own() -> None:
    composed = Composed(b"[1]", etag_of(b"[1]"))
    plain, packed = await composed.answer(PLAIN, "a/b", {}), await composed.answer(PACKED, "a/b", {"X": "y"})
    assert plain.body == gzip.decompress(packed.body) == b"[1]"
    assert (plain.headers["etag"], packed.headers["etag"]) == (etag_of(b"[1]"), etag_of(bytes(packed.body)))
    assert (packed.headers["content-encoding"], packed.headers["x"]) == ("gzip", "y")
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"


async def test_a_body_that_is_still_to_be_thinned_out_is_not_packed_and_has_no_etag_yet() -> None:
    request = Request({**PACKED.scope, CHOSEN: ["link_id"]})
    answer = await Composed(b"[1]", etag_of(b"[1]")).answer(request, "a/b", {})
    assert answer.body == b"[1]"
    assert "etag" not in answer.headers
