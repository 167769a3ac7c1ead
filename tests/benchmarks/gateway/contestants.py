"""Who is asked besides the gateway, each a process with uvicorn run as Lotse's services run it.

Arguments: `bare` or `usual`; a file with the answers they give (`Answers`). The port is LOTSE_HTTP_PORT.

`bare` is Starlette, with a route for each answer, and nothing else. `usual` is FastAPI as one writes it: the key and
the limit of requests are dependencies of the route, If-None-Match a parameter; they check what the gateway checks.
"""

import asyncio
import sys
import time
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
from fastapi import Depends, FastAPI, Header, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from lotse_gateway.guards.keys import ApiKey, KeyRefusedError, KeyRing, Scope
from lotse_gateway.guards.limits import Buckets, Quota
from lotse_shared.run import run_service
from lotse_shared.settings import HttpSettings

DISPLAY, UNCHANGED, LINKS = "/v1/signs/{sign_id}/display", "/unchanged/{sign_id}", "/v1/links"
BEARER = HTTPBearer()


class Answer(msgspec.Struct, frozen=True):
    """What the gateway answered: its status, the headers that the framework does not make itself, its body."""

    status: int
    headers: dict[str, str]
    body: str

    @classmethod
    def of(cls, status: int, headers: dict[str, str], body: bytes) -> "Answer":
        """Keep the bytes of a body."""
        return cls(status, headers, b64encode(body).decode())

    @property
    def content(self) -> bytes:
        """The body's bytes."""
        return b64decode(self.body)


class Key(msgspec.Struct, frozen=True):
    """A sign's key as the database has it, and the ETag of what the sign shows."""

    key_id: str
    secret_sha256: str
    sign_id: str
    etag: str


class Answers(msgspec.Struct, frozen=True):
    """What is to be answered, by path, and whom the usual contestant lets in."""

    by_path: dict[str, Answer]
    keys: list[Key]


def build_bare(answers: Answers) -> Starlette:
    """Give the same bytes and headers, and do nothing besides."""
    return Starlette(routes=[_bare_route(path, answer) for path, answer in answers.by_path.items()] + [_healthz()])


def _bare_route(path: str, answer: Answer) -> Route:
    status, headers, content = answer.status, answer.headers, answer.content

    async def endpoint(_request: Request) -> Response:
        return Response(content, status, headers)

    return Route(path, endpoint)


def _healthz() -> Route:
    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok")

    return Route("/healthz", healthz)


def build_usual(answers: Answers) -> FastAPI:
    """Check the key and its limit, then give the same bytes and headers."""
    app, ring = FastAPI(routes=[_healthz()]), KeyRing()
    ring.replace(
        ApiKey(key.key_id, "bench", bytes.fromhex(key.secret_sha256), frozenset({Scope.SIGN}), key.sign_id)
        for key in answers.keys
    )
    buckets = Buckets(Quota("sign-polls", 20_000, 10))
    shown, unchanged = answers.by_path[DISPLAY], answers.by_path[UNCHANGED]
    content, etags = shown.content, {key.sign_id: key.etag for key in answers.keys}

    async def known(credentials: Annotated[HTTPAuthorizationCredentials, Depends(BEARER)]) -> ApiKey:
        try:
            return ring.authenticate(credentials.credentials, datetime.now(UTC))
        except KeyRefusedError as error:
            raise HTTPException(401, str(error)) from error

    async def limited(key: Annotated[ApiKey, Depends(known)]) -> ApiKey:
        if buckets.is_refused(buckets.take(key.key_id, time.monotonic())):
            raise HTTPException(429)
        return key

    @app.get(DISPLAY)
    async def get_display(
        sign_id: str,
        key: Annotated[ApiKey, Depends(limited)],
        if_none_match: Annotated[str | None, Header()] = None,
    ) -> Response:
        if not key.may_read_display(sign_id):
            raise HTTPException(403)
        if if_none_match == etags[sign_id]:
            return Response(b"", unchanged.status, unchanged.headers)
        return Response(content, shown.status, shown.headers)

    return app


def main(name: str, path: str) -> None:
    """Serve until told to stop."""
    answers = msgspec.json.decode(Path(path).read_bytes(), type=Answers)
    app = build_bare(answers) if name == "bare" else build_usual(answers)
    asyncio.run(run_service(app, HttpSettings(), {}))


if __name__ == "__main__":
    main(*sys.argv[1:])
