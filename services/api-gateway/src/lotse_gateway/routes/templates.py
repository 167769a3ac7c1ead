"""Texts in a town's own words: saved where they fit every sign and every name, and looked at before that."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from lotse_gateway.answers.preconditions import Precondition, Supposed
from lotse_gateway.answers.references import Fault
from lotse_gateway.database import Session
from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import ApiKey, Scope
from lotse_gateway.models.templates import Preview, TextTemplate, TextTemplateList, TextTemplateView
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_gateway.routes.parameters import NewSignId
from lotse_gateway.writes.audit import Event, leave_trace, read_states
from lotse_gateway.writes.nouns import SIGNS
from lotse_gateway.writes.orders import size_of
from lotse_gateway.writes.registry import get_row, refuse
from lotse_shared.problems import NotFound
from lotse_shared.wire_texts import Language, PreviewAnswer, PreviewRequest, TemplateKind, TemplateRequest

LanguageInPath = Annotated[Language, Path(examples=["de"])]
KindInPath = Annotated[TemplateKind, Path(examples=["slow"])]


def templates_router(resources: Resources) -> APIRouter:
    """Give list, get, put and delete of templates, and previews."""
    router = APIRouter(prefix="/v1", tags=["texts"])
    _add_reads(router, resources)
    _add_writes(router, resources)
    _add_preview(router, resources)
    return router


def _add_reads(router: APIRouter, resources: Resources) -> None:
    database = resources.database

    @router.get(
        "/text-templates",
        summary="List text templates",
        response_model=TextTemplateList,
        responses=errors(422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="list_text_templates",
    )
    async def list_templates() -> Any:  # noqa: ANN401 - TextTemplateList
        """All of them. Where there is none for a language and kind, signs have the built-in words."""
        return {"items": [dict(row) for row in await database.rows("list_text_templates", None, None)]}

    @router.get(
        "/text-templates/{language}/{kind}",
        summary="Get a text template",
        response_model=TextTemplateView,
        responses=errors(404, 422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="get_text_template",
    )
    async def get_template(language: LanguageInPath, kind: KindInPath) -> Any:  # noqa: ANN401 - TextTemplateView
        """One template; 404 where signs have the built-in words."""
        row = await database.row("list_text_templates", language, kind)
        if row is None:
            message = f"there is no template for {kind} in {language}: the words are built in"
            raise NotFound(message)
        return dict(row)


def _add_writes(router: APIRouter, resources: Resources) -> None:
    database = resources.database

    @router.put(
        "/text-templates/{language}/{kind}",
        summary="Save a text template",
        response_model=TextTemplateView,
        responses=errors(412, 422, reads_body=True) | {201: {"description": "Created", "model": TextTemplateView}},
        operation_id="put_text_template",
    )
    async def put_template(  # noqa: PLR0913 - a parameter each
        *,
        language: LanguageInPath,
        kind: KindInPath,
        template: TextTemplate,
        key: Annotated[ApiKey, Requires(Scope.ADMIN)],
        supposed: Supposed,
        response: Response,
    ) -> Any:  # noqa: ANN401 - TextTemplateView
        """Tell this kind of message in these words from now on. Refused where a sign has no room for a name.

        It is tried with every street of the network, every destination and corridor, on every size of sign in service
        that has so many lines; smaller signs keep the built-in words.
        """
        refuse(await _list_faults(resources, language, kind, template))
        async with database.transaction() as session:
            await _hold(session, language, kind, supposed)
            before = await read_states(session, "text_template", [f"{language}/{kind}"])
            row = await session.row("put_text_template", language, kind, template.lines)
            stored = dict(row or {})
            response.status_code = 201 if stored.pop("is_created") else 200
            await leave_trace(session, key, "text_template", [Event("save", f"{language}/{kind}")], before)
            return stored

    @router.delete(
        "/text-templates/{language}/{kind}",
        status_code=204,
        summary="Delete a text template",
        responses=errors(404, 412, 422),
        operation_id="delete_text_template",
    )
    async def delete_template(
        language: LanguageInPath, kind: KindInPath, key: Annotated[ApiKey, Requires(Scope.ADMIN)], supposed: Supposed
    ) -> None:
        """Go back to the built-in words. Deleting what is not there does nothing."""
        async with database.transaction() as session:
            await _hold(session, language, kind, supposed)
            before = await read_states(session, "text_template", [f"{language}/{kind}"])
            if await session.row("delete_text_template", language, kind) is not None:
                await leave_trace(session, key, "text_template", [Event("delete", f"{language}/{kind}")], before)


def _add_preview(router: APIRouter, resources: Resources) -> None:
    database = resources.database

    @router.post(
        "/signs/{sign_id}/preview",
        summary="See how a message would look",
        responses=errors(404, 422, reads_body=True),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="preview_sign",
    )
    async def preview(sign_id: NewSignId, preview: Preview) -> PreviewAnswer:
        """Give the lines in which a sign would tell a message, in the words of now or of a template to try."""
        sign = await get_row(database, SIGNS, sign_id)
        saved = await database.rows("list_text_templates", None, preview.message.kind)
        request = PreviewRequest(
            size=size_of(sign),
            message=preview.message,
            template=preview.template,
            templates={row["language"]: row["lines"] for row in saved},
        )
        return await resources.routing.preview(request)


async def _hold(session: Session, language: Language, kind: TemplateKind, supposed: Precondition) -> None:
    """Keep others from a template until the transaction ends, and check what is supposed of it."""
    await session.row("hold_text_template", language, kind)
    present = await session.row("list_text_templates", language, kind)
    supposed.check(f"the template for {kind} in {language}", TextTemplateView, present)


async def _list_faults(
    resources: Resources, language: Language, kind: TemplateKind, template: TextTemplate
) -> list[Fault]:
    row = await resources.database.row("text_surroundings")
    around = dict(row or {})
    request = TemplateRequest.model_validate(
        around
        | {
            "language": language,
            "kind": kind,
            "lines": template.lines,
            "sizes": [*around["sizes"], *(size.model_dump() for size in template.sizes)],
        }
    )
    answer = await resources.routing.check_template(request)
    return [Fault(f"body.{fault.field}", fault.reason) for fault in answer.faults]
