"""A short page behind each problem's `type`."""

from collections.abc import Mapping
from html import escape
from http import HTTPStatus

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from lotse_gateway.answers.preconditions import PreconditionFailed
from lotse_gateway.guards.door import AddressTooLong, UnsupportedMediaType
from lotse_gateway.turns import Busy, TooSlow
from lotse_shared.problems import (
    Conflict,
    Gone,
    InvalidInput,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    Problem,
    TooLarge,
    TooManyRequests,
    Unavailable,
)

ADVICE: Mapping[type[Problem], str] = {
    InvalidInput: "Read `errors`: each entry names a field, and what is allowed there. The description at /docs has an "
    "example of every request.",
    NotFound: "Check the id in the path; the list of its noun has all of them.",
    Gone: "The sign was retired. A sign controller goes to its fallback and stops polling; an administrator can "
    "register the sign again.",
    Conflict: "Read what there is now, decide, and ask again: PUT replaces what POST does not.",
    PreconditionFailed: "Read it again: its new ETag goes into If-Match. Look first whether what you meant to write "
    "still holds.",
    NotAuthenticated: "Send `Authorization: Bearer lotse_…` or `X-API-Key: lotse_…` with a key that is neither expired "
    "nor revoked. An administrator makes one with `POST /v1/keys`, the first one with `lotse-gateway create-key`.",
    NotAllowed: "The key is valid, but its scopes do not reach so far: sign < viewer < operator < admin. A sign's key "
    "reads its own display only.",
    TooLarge: "Send fewer rows or readings in one request.",
    AddressTooLong: "Ask for less at once: a shorter list of ids, a page at a time.",
    TooManyRequests: "Come back after `Retry-After` seconds; `RateLimit` tells what is left, `RateLimit-Policy` what "
    "there is. A program that polls can do so less often.",
    UnsupportedMediaType: "Read `detail`: it names the kind that is taken. Bodies are not compressed.",
    Unavailable: "Something behind the gateway is away for now. Come back after `Retry-After` seconds. A sign keeps to "
    "its last `Lotse-Fresh-Until`.",
    Busy: "Come back after `Retry-After` seconds. Reads that may go over much take turns, so that they keep nobody "
    "waiting: signs, states and writes are not among them.",
    TooSlow: "Read `errors`: it names the parameter to change, and how. The same request would take as long again.",
    Problem: "It was logged with what led to it. Try again, and tell the operator if it stays.",
}
PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
    "<h1>{title}</h1><p>Status {status}. {meaning}</p><p>{advice}</p>"
    '<p>The whole description of the API is at <a href="/docs">/docs</a>.</p></html>\n'
)


def problem_pages_router() -> APIRouter:
    """Give the pages, open to everybody."""
    router = APIRouter(prefix="/problems")
    pages = {kind.slug: _page_of(kind) for kind in ADVICE} | {
        f"http-{status.value}": _page(status.phrase, status.value, status.description, "See /docs.")
        for status in HTTPStatus
        if status >= HTTPStatus.BAD_REQUEST
    }

    @router.get("/{slug}", include_in_schema=False, response_class=HTMLResponse)
    async def get_problem_page(slug: str) -> HTMLResponse:
        if slug not in pages:
            message = f"there is no problem called {slug!r}"
            raise NotFound(message)
        return HTMLResponse(pages[slug])

    return router


def _page_of(kind: type[Problem]) -> str:
    return _page(kind.title, kind.status, (kind.__doc__ or "").splitlines()[0], ADVICE[kind])


def _page(title: str, status: int, meaning: str, advice: str) -> str:
    return PAGE.format(title=escape(title), status=status, meaning=escape(meaning), advice=escape(advice))
