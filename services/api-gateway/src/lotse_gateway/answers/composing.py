"""Long pages, composed piece by piece: the bytes that FastAPI would make, holding the event loop all the while."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter
from starlette.responses import Response

from lotse_gateway.answers.media import JSON

HOLD_S = 0.001
"""For how long the event loop is held at a time, and one item more."""
NO_ITEMS = b'"items":[]'


async def compose_page(
    page: type[BaseModel],
    items: Iterable[Any],
    headers: Mapping[str, str] | None = None,
    **others: Any,  # noqa: ANN401
) -> Response:
    """Answer with a page: its model, its items, and its other fields, by the names that they have in JSON.

    Items may be made while they are taken, so that making them is done piece by piece, too.

    Raises
    ------
    ValidationError
        The model does not allow one of them.
    """
    whole = page.model_validate({**others, "items": []}).model_dump_json(by_alias=True).encode()
    before, found, after = whole.partition(NO_ITEMS)
    assert found  # noqa: S101 - within a text, JSON has a backslash before a quote
    body = b"".join((before, b'"items":[', b",".join(await _compose(_item_of(page), items)), b"]", after))
    return Response(body, media_type=JSON, headers=headers)


async def _compose(model: TypeAdapter[Any], items: Iterable[Any]) -> list[bytes]:
    parts: list[bytes] = []
    until_s = time.perf_counter() + HOLD_S
    for item in items:
        parts.append(model.dump_json(model.validate_python(item), by_alias=True))
        if time.perf_counter() > until_s:
            await asyncio.sleep(0)
            until_s = time.perf_counter() + HOLD_S
    return parts


@cache
def _item_of(page: type[BaseModel]) -> TypeAdapter[Any]:
    (item,) = get_args(page.model_fields["items"].annotation)
    return TypeAdapter(item)
