"""Sparse lists: `fields=` names those fields of each item that a client wants; the others are left out on the way."""

from typing import Any, get_args

import msgspec
from pydantic import BaseModel
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PARAMETER = "fields"
CHOSEN = "lotse.fields"
"""Where the chosen fields are kept in the ASGI scope of a request, once they were checked."""
OK = 200


def fields_of_list(model: object) -> tuple[str, ...]:
    """Give the fields that an item of a list has, by the model of the answer; of features, their properties."""
    found = _item(model, "items")
    if found is None and (feature := _item(model, "features")) is not None:
        found = feature.model_fields["properties"].annotation
    return tuple(found.model_fields) if found is not None else ()


def _item(model: object, name: str) -> Any:  # noqa: ANN401 - a model, or None
    if not (isinstance(model, type) and issubclass(model, BaseModel)) or name not in model.model_fields:
        return None
    return next((each for each in get_args(model.model_fields[name].annotation) if hasattr(each, "model_fields")), None)


class Sparse:
    """Leaves out of whole JSON answers what was not chosen."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        asks = scope["type"] == "http" and scope["method"] == "GET" and b"fields=" in scope["query_string"]
        await self._app(scope, receive, _Answer(scope, send).send if asks else send)


class _Answer:
    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send = scope, send
        self._held: Message | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._is_to_be_thinned(message):
            self._held = message
            return
        start, self._held = self._held, None
        if start is None:
            await self._send(message)
            return
        body = thin_out(message["body"], frozenset(self._scope[CHOSEN]))
        length = (b"content-length", str(len(body)).encode())
        headers = [length if name == b"content-length" else (name, value) for name, value in start["headers"]]
        await self._send({**start, "headers": headers})
        await self._send({**message, "body": body})

    def _is_to_be_thinned(self, start: Message) -> bool:
        media = next((value for name, value in start["headers"] if name == b"content-type"), b"")
        return CHOSEN in self._scope and start["status"] == OK and b"json" in media


def thin_out(body: bytes, chosen: frozenset[str]) -> bytes:
    """Give the list with the chosen fields of each item alone; of features, also their id and geometry."""
    answer = msgspec.json.decode(body)
    if "features" in answer:
        features = [{**each, "properties": _only(each["properties"], chosen)} for each in answer["features"]]
        return msgspec.json.encode({**answer, "features": features})
    return msgspec.json.encode({**answer, "items": [_only(each, chosen) for each in answer["items"]]})


def _only(values: dict[str, Any], chosen: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in chosen}
