"""Errors as RFC 9457 problems: the exceptions that services raise, and the one mapping to HTTP.

A problem tells what is wrong, in which field, and what is allowed; never a stack trace.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from lotse_shared.log import get_logger

MEDIA_TYPE = "application/problem+json"

OWN_WORDS = "Value error, "
"""What pydantic puts before the words of a validator."""

log = get_logger(__name__)


class Problem(Exception):  # noqa: N818 - the term of RFC 9457
    """Something the client can understand and act upon. Subclasses set `status`, `slug` and `title`."""

    status = 500
    slug = "internal-error"
    title = "Something went wrong on our side"

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[Mapping[str, str | int]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = [dict(error) for error in errors]
        self.headers = dict(headers or {})


class InvalidInput(Problem):
    """The request's content breaks a rule."""

    status = 422
    slug = "invalid-input"
    title = "The request is not valid"


class NotFound(Problem):
    """The noun asked for does not exist."""

    status = 404
    slug = "not-found"
    title = "There is no such thing here"


class Gone(Problem):
    """The noun existed and was retired."""

    status = 410
    slug = "gone"
    title = "This was retired"


class Conflict(Problem):
    """The request contradicts the present state."""

    status = 409
    slug = "conflict"
    title = "The request contradicts the present state"


class NotAuthenticated(Problem):
    """No key, or one that is not valid."""

    status = 401
    slug = "not-authenticated"
    title = "A valid API key is needed"


class NotAllowed(Problem):
    """The key's scopes do not include this."""

    status = 403
    slug = "not-allowed"
    title = "This key may not do that"


class TooLarge(Problem):
    """The body is larger than we take. Send it in smaller pieces."""

    status = 413
    slug = "too-large"
    title = "The body is too large"


class TooManyRequests(Problem):
    """More requests than this client may send. Come back after `Retry-After` seconds."""

    status = 429
    slug = "too-many-requests"
    title = "Too many requests"


class Unavailable(Problem):
    """Something the answer needs is away for now."""

    status = 503
    slug = "unavailable"
    title = "Not available at the moment"


def problem_body(
    status: int, slug: str, title: str, detail: str, errors: Sequence[Mapping[str, str | int]]
) -> dict[str, Any]:
    """Compose the JSON body of a problem. `type` is relative to the API's root: a page stands behind it."""
    body: dict[str, Any] = {"type": f"/problems/{slug}", "title": title, "status": status, "detail": detail}
    return body | ({"errors": list(errors)} if errors else {})


def add_problem_handlers(app: FastAPI) -> None:
    """Answer every error of this app as a problem."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(Exception, _on_unexpected)


def problem_response(problem: Problem) -> JSONResponse:
    """Answer a problem outside of a route, where no exception handler stands: in a middleware."""
    body = problem_body(problem.status, problem.slug, problem.title, problem.detail, problem.errors)
    return JSONResponse(body, problem.status, problem.headers, MEDIA_TYPE)


async def _on_problem(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)  # noqa: S101 - registered for this class only
    return problem_response(error)


async def _on_validation_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    errors = [_fault(each) for each in error.errors()]
    return problem_response(InvalidInput("; ".join(f"{e['field']}: {e['reason']}" for e in errors), errors=errors))


def _fault(error: Mapping[str, Any]) -> dict[str, str]:
    """Name the field and what is wrong with it: what a validator of ours raised, in its own words alone.

    Where a body is no JSON, FastAPI gives the position as its field.
    """
    field, *place = error["loc"]
    if error["type"] == "json_invalid":
        reason = f"is not JSON: {error['ctx']['error']}, at character {place[0] + 1}"
        return {"field": str(field), "reason": reason}
    return {"field": ".".join(str(part) for part in error["loc"]), "reason": str(error["msg"]).removeprefix(OWN_WORDS)}


async def _on_http_exception(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    body = problem_body(error.status_code, f"http-{error.status_code}", str(error.detail), str(error.detail), [])
    return JSONResponse(body, error.status_code, error.headers, MEDIA_TYPE)


async def _on_unexpected(request: Request, error: Exception) -> JSONResponse:
    return answer_unexpected(request, error)


def answer_unexpected(request: Request, error: Exception) -> JSONResponse:
    """Log an error of ours, and answer without telling of the inside."""
    log.error("unexpected error", method=request.method, path=request.url.path, exc_info=error)
    return problem_response(Problem("The error was logged; try again, and tell the operator if it stays."))
