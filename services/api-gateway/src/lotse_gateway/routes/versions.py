"""Versions of what is registered: what it ever was, as the audit trail tells it."""

from collections.abc import Collection, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Response

from lotse_gateway.answers.composing import compose_page
from lotse_gateway.answers.paging import encode_cursor
from lotse_gateway.answers.sparse import fields_of_list
from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import Scope
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_gateway.routes.parameters import Cursor, id_in_path, page_size, read_cursor
from lotse_gateway.writes.nouns import Noun
from lotse_gateway.writes.registry import get_row

Values = Mapping[str, Any]


def add_versions(router: APIRouter, resources: Resources, noun: Noun[Any], page: type[Any]) -> None:
    """Add the list of a thing's versions, of which `page` is the model."""
    settings, database = resources.settings, resources.database
    history = resources.history.advising("query.limit", "ask for smaller pages")
    fields = fields_of_list(page)

    @router.get(
        f"/{{{noun.id_field}}}/versions",
        summary=f"List the versions of a {noun.name}",
        description="All that it ever was, newest first, each with who saved it and when; also of one that is gone.",
        response_model=page,
        responses=errors(404, 422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id=f"list_{noun.name}_versions",
    )
    async def list_versions(
        noun_id: Annotated[str, id_in_path(noun.id_field, noun.town_id)],
        limit: Annotated[int, page_size(settings.max_page_size)] = settings.page_size,
        cursor: Cursor = None,
    ) -> Response:
        (before,) = read_cursor(cursor, int)
        rows = await history.rows("list_versions", noun.name, noun_id, before, limit + 1)
        if not rows and before is None:
            await get_row(database, noun, noun_id)
        next_cursor = encode_cursor(rows[limit - 1]["version"]) if len(rows) > limit else None
        items = (view_version(dict(row), fields) for row in rows[:limit])
        return await compose_page(page, items, next_cursor=next_cursor)


def view_version(row: Values, fields: Collection[str]) -> dict[str, Any]:
    """Give a version of the registry: its content, with those of the fields that it has, and who saved it when.

    What was kept of old may lack fields that came later, which take their defaults, and the trail tells more of a thing
    than its content, such as a sign's lock.
    """
    content = {name: value for name, value in row["content"].items() if name in fields}
    return content | {name: row[name] for name in ("version", "saved_at", "author")}
