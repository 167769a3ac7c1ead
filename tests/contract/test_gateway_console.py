"""What the gateway serves at `/`, built and not."""

import re
from pathlib import Path

import pytest
from factories_gateway import open_gateway
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr

from lotse_gateway.guards.door import Door
from lotse_gateway.routes.console import NO_TILES, PAGE, Tiles, add_console
from lotse_gateway.settings import GatewaySettings
from lotse_shared.settings import DatabaseSettings, SettingsError

SOURCES = Path(__file__).parents[2] / "services" / "api-gateway" / "console"
NONE = Tiles()
NOWHERE = DatabaseSettings(dsn=SecretStr("postgresql://nobody:x@127.0.0.1:1/none"))


def a_client(page: Path, tiles: Tiles = NONE) -> AsyncClient:
    app = FastAPI()
    app.add_middleware(Door, max_body_bytes=1024, max_query_bytes=1_000, tile_origin=tiles.origin)
    add_console(app, tiles, page)
    return AsyncClient(transport=ASGITransport(app), base_url="http://lotse")


def build(page: Path) -> None:
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text(f"<!doctype html>{NO_TILES} /><title>Lotse</title>", encoding="utf-8")
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


async def test_a_tile_server_that_is_set_is_told_to_the_page_and_its_origin_alone_is_opened(tmp_path: Path) -> None:
    build(tmp_path / "page")
    tiles = Tiles("https://tiles.example:8443/{z}/{x}/{y}.png?a=1&b=2", 'Tiles "of" Example')
    async with a_client(tmp_path / "page", tiles) as client:
        told = await client.get("/")
    async with a_client(tmp_path / "page") as client:
        untold = await client.get("/")
    assert "img-src 'self' data: blob: https://tiles.example:8443;" in told.headers["content-security-policy"]
    assert "img-src 'self' data: blob:;" in untold.headers["content-security-policy"]
    assert 'content="https://tiles.example:8443/{z}/{x}/{y}.png?a=1&amp;b=2"' in told.text
    assert 'data-attribution="Tiles &quot;of&quot; Example"' in told.text
    assert NO_TILES in untold.text


@pytest.mark.parametrize(
    "url",
    [
        "https://tiles.example/{z}/{x}.png",
        "ftp://tiles.example/{z}/{x}/{y}.png",
        "https://tiles.example; script-src *//{z}/{x}/{y}.png",
        "https://user@tiles.example/{z}/{x}/{y}.png",
    ],
)
def test_what_is_no_address_of_tiles_is_refused(url: str) -> None:
    with pytest.raises(SettingsError):
        GatewaySettings(tile_url=url)


def test_the_page_as_it_is_built_has_a_place_for_tiles() -> None:
    if (PAGE / "index.html").is_file():
        assert NO_TILES in (PAGE / "index.html").read_text(encoding="utf-8")
    assert NO_TILES in (SOURCES / "index.html").read_text(encoding="utf-8")


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
