"""What the gateway serves at `/`, built and not."""

import re
from pathlib import Path

from factories_gateway import open_gateway
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr

from lotse_gateway.door import Door
from lotse_gateway.routes.console import add_console
from lotse_shared.settings import DatabaseSettings

NOWHERE = DatabaseSettings(dsn=SecretStr("postgresql://nobody:x@127.0.0.1:1/none"))


def a_client(page: Path) -> AsyncClient:
    app = FastAPI()
    app.add_middleware(Door, max_body_bytes=1024, max_query_bytes=1_000)
    add_console(app, page)
    return AsyncClient(transport=ASGITransport(app), base_url="http://lotse")


def build(page: Path) -> None:
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text("<!doctype html><title>Lotse</title>", encoding="utf-8")
    (page / "assets" / "index-abc.js").write_text("export const words = 1;\n" * 200, encoding="utf-8")


async def test_the_page_may_load_from_us_only_and_has_nothing_inline(tmp_path: Path) -> None:
    build(tmp_path / "page")
    async with a_client(tmp_path / "page") as client:
        answer = await client.get("/")
    policy = answer.headers["content-security-policy"]
    assert answer.status_code == 200
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-cache"


async def test_assets_are_packed_and_kept_for_ever(tmp_path: Path) -> None:
    build(tmp_path / "page")
    async with a_client(tmp_path / "page") as client:
        answer = await client.get("/console/assets/index-abc.js", headers={"Accept-Encoding": "gzip"})
        missing = await client.get("/console/assets/index-old.js")
        outside = await client.get("/console/..%2f..%2fdoor.py")
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert re.match(r"(text|application)/javascript", answer.headers["content-type"])
    assert (missing.status_code, outside.status_code) == (404, 404)


async def test_without_a_page_the_bare_address_says_how_to_build_it(tmp_path: Path) -> None:
    async with a_client(tmp_path / "page") as client:
        answer = await client.get("/")
        assert answer.status_code == 200
        assert "make console" in answer.text
        assert 'href="/docs"' in answer.text
        assert (await client.get("/console/index.html")).status_code == 404


async def test_the_page_needs_no_key_of_the_gateway() -> None:
    async with open_gateway(NOWHERE) as gateway, gateway.client(None) as client:
        assert (await client.get("/")).status_code == 200
