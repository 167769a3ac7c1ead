"""Routing's side of what people want to see on signs: whether it fits, and how the sign writes it."""

from fastapi import APIRouter

from lotse_routing.decide.fitting import Size, as_written, list_faults
from lotse_shared.wire_texts import SignSize, TextAnswer, TextAsked, TextFault, TextsAnswer, TextsRequest


def texts_router() -> APIRouter:
    """Give `POST /internal/texts/check`."""
    router = APIRouter()

    @router.post("/internal/texts/check")
    async def check_texts(request: TextsRequest) -> TextsAnswer:
        return TextsAnswer(texts=[_checked(asked) for asked in request.texts])

    return router


def size_of(size: SignSize) -> Size:
    """Read the size of a sign."""
    return Size(size.line_count, size.line_chars, size.charset)


def _checked(asked: TextAsked) -> TextAnswer:
    size = size_of(asked.size)
    faults = [TextFault(field=fault.field, reason=fault.reason) for fault in list_faults(asked.lines, size)]
    return TextAnswer(lines=list(as_written(asked.lines, size.charset)), faults=faults)
