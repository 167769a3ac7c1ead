"""The console at `/`: a page that `make console` builds into this package. Without it, `/` says how to build it."""

import asyncio
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from lotse_gateway.answers.packing import SMALL, VARY, pack, takes_gzip
from lotse_gateway.guards.door import CONSOLE_PATH, DOCS_PATH

PAGE = Path(__file__).resolve().parents[1] / "console_page"
NO_TILES = '<meta name="lotse-tiles" content=""'
"""In the page as it is built: a place for the address of a tile server."""
OF_FILE = ("Cache-Control", "Content-Type", "Last-Modified", "Vary")
"""Headers that also hold of a file that is packed; its ETag does not."""
FOR_EVER = "public, max-age=31536000, immutable"
MISSING = f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Lotse</title>
<h1>Lotse</h1>
<p>This gateway works, but its console is not built. With Node.js 18 or newer (Debian: <code>apt install nodejs
npm</code>) run</p>
<pre>make console</pre>
<p>in Lotse's folder, and load this page again.</p>
<p>The API and its documentation are at <a href="{DOCS_PATH}">{DOCS_PATH}</a>.</p>
</html>
"""


@dataclass(frozen=True, slots=True)
class Tiles:
    """A tile server whose pictures the console lays below the streets; without an address: none."""

    url: str = ""
    attribution: str = ""

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}" if self.url else ""

    def put_into(self, page: str) -> str:
        """Tell the page where they are."""
        told = f'<meta name="lotse-tiles" content="{escape(self.url)}" data-attribution="{escape(self.attribution)}"'
        return page.replace(NO_TILES, told)


class Assets(StaticFiles):
    """Scripts and styles: their names carry a hash of their content, so they may be kept for ever.

    They are packed once: to pack them for each who opens the page takes 150 ms, in which every sign that polls waits.
    """

    def __init__(self, **named: Any) -> None:  # noqa: ANN401 - as Starlette has it
        super().__init__(**named)
        self._packed: dict[str, bytes] = {}

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Give a file, packed for whom takes that, or 304."""
        response = await super().get_response(path, scope)
        if response.status_code == HTTPStatus.OK:
            response.headers["Cache-Control"] = FOR_EVER
            response.headers.update(VARY)
        if not isinstance(response, FileResponse) or not takes_gzip(Request(scope)):
            return response
        told = {name: response.headers[name] for name in OF_FILE}
        return Response(await self._pack(Path(response.path)), headers={**told, "Content-Encoding": "gzip"})

    async def _pack(self, file: Path) -> bytes:
        if file.name not in self._packed:
            self._packed[file.name] = await pack(await asyncio.to_thread(file.read_bytes), SMALL)
        return self._packed[file.name]

    async def check_config(self) -> None:
        """Do without the folder as long as the page is not built: then there is no such file."""


def add_console(app: FastAPI, tiles: Tiles, page: Path = PAGE) -> None:
    """Serve the page at `/`, which is asked for anew each time, and what it loads below `CONSOLE_PATH`."""

    async def console() -> Response:
        index = page / "index.html"
        if not index.is_file():
            return HTMLResponse(MISSING)
        return HTMLResponse(tiles.put_into(index.read_text(encoding="utf-8")), headers={"Cache-Control": "no-cache"})

    app.add_api_route("/", console, include_in_schema=False)
    app.mount(CONSOLE_PATH, Assets(directory=page, check_dir=False))
