"""Detectors, destinations, signs, corridors: the same six operations for each, from one description of the noun."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Body, Response
from pydantic import WithJsonSchema

from lotse_gateway import registry
from lotse_gateway.access import Requires
from lotse_gateway.corridors import resolve_corridors
from lotse_gateway.keys import ApiKey, Scope
from lotse_gateway.models.base import Body as RequestBody
from lotse_gateway.models.registry import BulkAnswer
from lotse_gateway.nouns import CORRIDORS, Noun
from lotse_gateway.openapi import errors
from lotse_gateway.paging import encode_cursor
from lotse_gateway.preconditions import Supposed
from lotse_gateway.resources import Resources
from lotse_gateway.routes.parameters import Cursor, id_in_path, invalid_field, page_size, read_cursor


def registry_router(resources: Resources, noun: Noun[Any]) -> APIRouter:
    """Give list, get, create, replace and bulk of one noun."""
    router = APIRouter(prefix=f"/v1/{noun.plural}", tags=[noun.plural])
    _add_reads(router, resources, noun)
    _add_writes(router, resources, noun)
    _add_bulk(router, resources, noun)
    return router


def _completes(resources: Resources, noun: Noun[Any]) -> registry.Complete:
    """Give what completes rows of this noun: routing finds the links of corridors."""
    return partial(resolve_corridors, resources.routing) if noun is CORRIDORS else registry.as_they_are


def _new_id(noun: Noun[Any]) -> str:
    """Give the id of the body's example: one that the demo town has not."""
    example: str = noun.body.model_fields[noun.id_field].examples[0]
    return example


def _add_reads(router: APIRouter, resources: Resources, noun: Noun[Any]) -> None:
    settings, database = resources.settings, resources.database

    @router.get(
        "",
        summary=f"List {noun.plural}",
        description=f"All {noun.plural} ({noun.what}), by id.",
        response_model=noun.page,
        responses=errors(422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id=f"list_{noun.plural}",
    )
    async def list_all(
        limit: Annotated[int, page_size(settings.max_page_size)] = settings.page_size, cursor: Cursor = None
    ) -> Any:  # noqa: ANN401 - noun.page
        (after,) = read_cursor(cursor, str)
        rows = await database.rows(f"list_{noun.name}", after, limit + 1)
        more = len(rows) > limit
        items = [dict(row) for row in rows[:limit]]
        return {"items": items, "next_cursor": encode_cursor(items[-1][noun.id_field]) if more else None}

    @router.get(
        f"/{{{noun.id_field}}}",
        summary=f"Get a {noun.name}",
        description=f"One {noun.name} as it is registered.",
        response_model=noun.view,
        responses=errors(404, 422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id=f"get_{noun.name}",
    )
    async def get_one(noun_id: Annotated[str, id_in_path(noun.id_field, noun.town_id)]) -> Any:  # noqa: ANN401
        return dict(await registry.get_row(database, noun, noun_id))


def _add_writes(router: APIRouter, resources: Resources, noun: Noun[Any]) -> None:
    database, complete = resources.database, _completes(resources, noun)

    async def create(row: RequestBody, key: Annotated[ApiKey, Requires(Scope.ADMIN)], response: Response) -> Any:  # noqa: ANN401
        completed = await registry.complete_row(row, complete)
        stored, _ = await registry.put_row(database, key, noun, completed, supposed=None)
        response.headers["Location"] = f"{router.prefix}/{noun.id_of(row)}"
        return stored

    async def replace(
        noun_id: Annotated[str, id_in_path(noun.id_field, _new_id(noun))],
        row: RequestBody,
        key: Annotated[ApiKey, Requires(Scope.ADMIN)],
        supposed: Supposed,
        response: Response,
    ) -> Any:  # noqa: ANN401
        if noun.id_of(row) != noun_id:
            reason = f"is {noun.id_of(row)!r}, but the path names {noun_id!r}"
            raise invalid_field(field=f"body.{noun.id_field}", reason=reason)
        completed = await registry.complete_row(row, complete)
        stored, is_new = await registry.put_row(database, key, noun, completed, supposed)
        response.status_code = 201 if is_new else 200
        return stored

    # FastAPI reads the body's type from the annotation, and a type chosen at run time cannot be written as one.
    create.__annotations__["row"] = replace.__annotations__["row"] = noun.body
    router.add_api_route(
        "",
        create,
        methods=["POST"],
        status_code=201,
        summary=f"Register a {noun.name}",
        description=f"Creates one {noun.name}; 409 if there is one with this id. What it mentions must exist.",
        response_model=noun.view,
        responses=errors(409, 422, reads_body=True),
        operation_id=f"create_{noun.name}",
    )
    router.add_api_route(
        f"/{{{noun.id_field}}}",
        replace,
        methods=["PUT"],
        summary=f"Create or replace a {noun.name}",
        description=f"After it the {noun.name} is what the body says: 201 if it is new, 200 if it was replaced. "
        "A field that is left out takes its default.",
        response_model=noun.view,
        responses=errors(412, 422, reads_body=True) | {201: {"description": "Created", "model": noun.view}},
        operation_id=f"put_{noun.name}",
    )


def _add_bulk(router: APIRouter, resources: Resources, noun: Noun[Any]) -> None:
    most, complete = resources.settings.max_bulk_rows, _completes(resources, noun)
    row_schema = {"$ref": f"#/components/schemas/{noun.body.__name__}"}
    shape = WithJsonSchema({"type": "array", "items": row_schema, "maxItems": most})

    @router.post(
        "/bulk",
        summary=f"Register many {noun.plural}",
        description=f"Creates or replaces up to {most} {noun.plural}: all of them, or none. Every bad row is named in "
        "`errors` with its index, field and reason.",
        responses=errors(422, reads_body=True),
        operation_id=f"put_{noun.plural}",
    )
    async def put_many(
        rows: Annotated[list[Any], Body(max_length=most), shape], key: Annotated[ApiKey, Requires(Scope.ADMIN)]
    ) -> BulkAnswer:
        written = await registry.put_rows(resources.database, key, noun, rows, complete)
        return BulkAnswer(created=written.created, replaced=len(written.rows) - written.created)
