"""Parameters that many operations share."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Depends, Header, Path, Query, Request, Response
from fastapi.routing import APIRoute
from pydantic import BeforeValidator

from lotse_gateway.answers.language import Language, choose_language
from lotse_gateway.answers.paging import MAX_CURSOR_CHARS, CursorError, decode_cursor
from lotse_gateway.answers.sparse import CHOSEN, PARAMETER, fields_of_list
from lotse_shared.identifiers import IDENTIFIER_PATTERN
from lotse_shared.moment import Moment
from lotse_shared.problems import InvalidInput

Cursor = Annotated[
    str | None, Query(max_length=MAX_CURSOR_CHARS, description="`next_cursor` of the page before; left out: the first")
]


def _none_is_now(text: object) -> object:
    return None if text == "now" else text


At = Annotated[
    Moment | None,
    BeforeValidator(_none_is_now),
    Query(description="a past moment of Lotse's clock: what was known and shown then; left out, or `now`: now"),
]


def id_in_path(name: str, example: str) -> Any:  # noqa: ANN401 - what FastAPI's Path gives
    """Describe the id of a noun in a path."""
    return Path(alias=name, pattern=IDENTIFIER_PATTERN, max_length=64, examples=[example])


def id_in_query(description: str, example: str) -> Any:  # noqa: ANN401 - what FastAPI's Query gives
    """Describe a filter by the id of a noun."""
    return Query(pattern=IDENTIFIER_PATTERN, max_length=64, description=description, examples=[example])


def page_size(most: int) -> Any:  # noqa: ANN401 - what FastAPI's Query gives
    """Describe the bound of a page."""
    return Query(ge=1, le=most, description="items of a page at most")


# The examples stand in the demo town, or are made there by the example of a POST.
SignId = Annotated[str, id_in_path("sign_id", "S2")]
NewSignId = Annotated[str, id_in_path("sign_id", "S9")]
DetectorId = Annotated[str, id_in_path("detector_id", "AB-05")]
NewDetectorId = Annotated[str, id_in_path("detector_id", "AB-90")]
RoadworkId = Annotated[str, id_in_path("roadwork_id", "B1")]
DraftId = Annotated[str, id_in_path("roadwork_id", "RW-66211944d4da2177")]


def tell_language(
    response: Response,
    language: Annotated[Language | None, Query(description="of texts; left out: as `Accept-Language` has it")] = None,
    accept_language: Annotated[
        str | None, Header(description="of texts, where the query names none; neither: English")
    ] = None,
) -> Language:
    """Choose the language of an answer, and say in its headers which it is."""
    chosen = choose_language(language, accept_language)
    response.headers["Content-Language"] = chosen
    response.headers["Vary"] = "Accept-Language"
    return chosen


InLanguage = Annotated[Language, Depends(tell_language)]


def _known_parameters(route: APIRoute) -> frozenset[str]:
    """Give the query parameters of an operation and of all that it depends on."""
    pending, names = [route.dependant], set[str]()
    while pending:
        dependant = pending.pop()
        names |= {field.alias for field in dependant.query_params}
        pending += dependant.dependencies
    return frozenset(names)


async def refuse_unknown_parameters(request: Request) -> None:
    """Refuse a query parameter that the operation does not have: a filter mistyped must not be a filter left out.

    Raises
    ------
    InvalidInput
        Names it, and what there is.
    """
    route = request.scope["route"]
    allowed = fields_of_list(route.response_model)
    known = _known_parameters(route) | ({PARAMETER} if allowed else set())
    if unknown := sorted(set(request.query_params) - known):
        reason = f"not a parameter of this operation; allowed: {', '.join(sorted(known)) or 'none'}"
        raise invalid_field(field=f"query.{unknown[0]}", reason=reason)
    if PARAMETER in request.query_params:
        request.scope[CHOSEN] = _choose_fields(request, allowed)


def _choose_fields(request: Request, allowed: Sequence[str]) -> Sequence[str]:
    """Give the fields that `fields=` names, in their own order."""
    chosen = {name.strip() for text in request.query_params.getlist(PARAMETER) for name in text.split(",")}
    if unknown := sorted(chosen - set(allowed)):
        reason = f"{unknown[0]!r} is no field of this list; allowed: {', '.join(allowed)}"
        raise invalid_field(field=f"query.{PARAMETER}", reason=reason)
    return [name for name in allowed if name in chosen]


def invalid_field(*, field: str, reason: str) -> InvalidInput:
    """Give the problem with one field of a request."""
    return InvalidInput(f"{field}: {reason}", errors=[{"field": field, "reason": reason}])


def read_cursor(cursor: str | None, *kinds: type) -> list[Any]:
    """Give the sort key inside a cursor, as many None if there is no cursor.

    Raises
    ------
    InvalidInput
        It is not a cursor of this list.
    """
    if cursor is None:
        return [None] * len(kinds)
    try:
        return decode_cursor(cursor, kinds)
    except CursorError as error:
        raise invalid_field(field="query.cursor", reason=str(error)) from error
