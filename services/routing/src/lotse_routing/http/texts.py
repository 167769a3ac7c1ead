"""Routing's side of what people want to see on signs: whether it fits, how the sign writes it, how it would look."""

import asyncio
from collections.abc import Callable

from fastapi import APIRouter

from lotse_routing.decide.fitting import Size, as_written, list_faults
from lotse_routing.decide.fitting import TextFault as Fault
from lotse_routing.decide.street import street_of
from lotse_routing.decide.template import Names, Template, list_template_faults
from lotse_routing.decide.text import Language, Message
from lotse_routing.decide.wording import Wording, compose_text
from lotse_routing.decide.words import words_of
from lotse_routing.town import Town
from lotse_shared.problems import Unavailable
from lotse_shared.wire_texts import (
    FaultsAnswer,
    PreviewAnswer,
    PreviewRequest,
    SignSize,
    TemplateRequest,
    TextAnswer,
    TextAsked,
    TextFault,
    TextsAnswer,
    TextsRequest,
)


def texts_router(town: Callable[[], Town | None], language: Language) -> APIRouter:
    """Give `POST /internal/texts/check`, `/internal/texts/check-template` and `/internal/texts/preview`."""
    router = APIRouter(prefix="/internal/texts")

    @router.post("/check")
    async def check_texts(request: TextsRequest) -> TextsAnswer:
        return TextsAnswer(texts=[_checked(asked) for asked in request.texts])

    @router.post("/check-template")
    async def check_template(request: TemplateRequest) -> FaultsAnswer:
        current = town()
        if current is None:
            detail = "no template can be looked at yet: no network, and so no street, is known"
            raise Unavailable(detail, headers={"Retry-After": "5"})
        return FaultsAnswer(faults=_told(await asyncio.to_thread(_check_template, current, request)))

    @router.post("/preview")
    async def preview(request: PreviewRequest) -> PreviewAnswer:
        return _preview(request, language)

    return router


def _checked(asked: TextAsked) -> TextAnswer:
    size = _size(asked.size)
    return TextAnswer(lines=list(as_written(asked.lines, size.charset)), faults=_told(list_faults(asked.lines, size)))


def _check_template(town: Town, request: TemplateRequest) -> list[Fault]:
    streets = tuple(sorted({street_of(link) for link in town.topology.links} - {""}))
    names = Names(streets, tuple(request.destinations), tuple(request.corridors))
    words = words_of(request.language, "utf8")
    sizes = [_size(size) for size in request.sizes]
    causes = words.causes[request.kind][:1]
    return list_template_faults(_template(request.lines), names, causes, sizes, words)


def _preview(request: PreviewRequest, language: Language) -> PreviewAnswer:
    asked, size = request.message, _size(request.size)
    lines = request.template or request.templates.get(language)
    wording = Wording(language, {asked.kind: _template(lines)} if lines else {})
    message = Message(asked.destination, asked.kind, asked.street, asked.corridor or None, asked.via, asked.rejoin)
    text = compose_text([message], size, wording, addresses_all=not asked.destination)
    return PreviewAnswer(
        lines=list(text.lines), is_templated=text.is_templated, faults=_told(list_faults(text.lines, size))
    )


def _template(lines: list[list[str]]) -> Template:
    return Template(tuple(tuple(forms) for forms in lines))


def _size(size: SignSize) -> Size:
    return Size(size.line_count, size.line_chars, size.charset)


def _told(faults: list[Fault]) -> list[TextFault]:
    return [TextFault(field=fault.field, reason=fault.reason) for fault in faults]
