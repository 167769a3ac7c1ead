"""What every request passes on its way in: it gets its id, and is counted and timed by route and status."""

import time

from prometheus_client import Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lotse_shared.http_date import HEADER as DATE
from lotse_shared.http_date import http_date
from lotse_shared.log import get_logger, is_debugging
from lotse_shared.request_id import begin_request

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Those that are counted by name: strangers can make up others."""
REQUEST_BUCKETS_S = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120)
"""From a sign's poll to the matching of a large feed of roadworks."""

log = get_logger(__name__)


def method_and_route(scope: Scope) -> tuple[str, str]:
    """Give the labels of a request: few values, whatever strangers ask for. The route is known once it was found."""
    method = scope["method"] if scope["method"] in METHODS else "other"
    return method, getattr(scope.get("route"), "path", "none")


class InternalDoor:
    """The outermost layer of an internal HTTP, whose requests come from the gateway: with its id of them.

    Parameters
    ----------
    app
        What is behind it.
    seconds
        Where durations are told, by method, route and status; its count is that of the requests.
    """

    def __init__(self, app: ASGIApp, seconds: Histogram) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin_request(scope["headers"])
        began_s, status = time.perf_counter(), 500

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (DATE, http_date())]
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        finally:
            taken_s = time.perf_counter() - began_s
            method, route = method_and_route(scope)
            self._seconds.labels(method, route, status).observe(taken_s)
            if is_debugging():
                log.debug("answered", method=method, path=scope["path"], status=status, seconds=round(taken_s, 4))
