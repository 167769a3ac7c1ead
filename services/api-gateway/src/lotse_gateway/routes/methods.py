"""What may be done at an address, told to who tried something else."""

import re
from functools import cached_property
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from lotse_shared.problems import MEDIA_TYPE, problem_body

STATUS = HTTPStatus.METHOD_NOT_ALLOWED


class WrongMethod:
    """Answers 405 with all methods of the address. Routes know only their own, though several share an address."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def answer(self, request: Request, _error: Exception) -> JSONResponse:
        """Answer one request."""
        allowed = ", ".join(self._methods_at(request.url.path)) or "GET"
        detail = f"{request.method} is not possible here; allowed: {allowed}"
        body = problem_body(STATUS, f"http-{STATUS.value}", STATUS.phrase, detail, [])
        return JSONResponse(body, STATUS, {"Allow": allowed}, MEDIA_TYPE)

    def _methods_at(self, path: str) -> list[str]:
        if path in self._methods:
            return self._methods[path]
        return sorted({m for shape, methods in self._shapes if shape.fullmatch(path) for m in methods})

    @cached_property
    def _methods(self) -> dict[str, list[str]]:
        paths = self._app.openapi()["paths"]
        return {path: sorted(method.upper() for method in methods) for path, methods in paths.items()}

    @cached_property
    def _shapes(self) -> list[tuple[re.Pattern[str], list[str]]]:
        return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), methods) for path, methods in self._methods.items()]
