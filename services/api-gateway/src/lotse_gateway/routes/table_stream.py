"""A registry as CSV: read page by page and sent as it is read, so that it may be of any length."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi.responses import StreamingResponse

from lotse_gateway.database import Database
from lotse_gateway.exchange.tables import write_csv
from lotse_gateway.routes.forms import VARY

MEDIA_TYPE = "text/csv; charset=utf-8; header=present"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: those of a query (after, limit, and further arguments), by an id, and their columns."""

    query: str
    id_field: str
    arguments: Sequence[object]
    columns: Collection[str]


async def give_csv(
    database: Database, wanted: Wanted, after: str | None, limit: int | None, page_rows: int
) -> StreamingResponse:
    """Send rows after an id: so many, or all.

    Raises
    ------
    Unavailable
        The database is away; once the first page is there, the connection is closed instead.
    """
    first = await database.rows(wanted.query, after, limit or page_rows, *wanted.arguments)
    return StreamingResponse(
        _pieces(database, wanted, first, page_rows, is_whole=limit is not None), media_type=MEDIA_TYPE, headers=VARY
    )


async def _pieces(
    database: Database, wanted: Wanted, page: Sequence[Any], page_rows: int, *, is_whole: bool
) -> AsyncIterator[str]:
    columns = list(wanted.columns)
    yield write_csv(columns, [dict(row) for row in page])
    while page and not is_whole:
        page = await database.rows(wanted.query, page[-1][wanted.id_field], page_rows, *wanted.arguments)
        yield write_csv(columns, [dict(row) for row in page], with_header=False)
