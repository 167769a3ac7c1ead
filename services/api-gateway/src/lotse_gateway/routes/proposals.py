"""What Lotse proposes for signs in the mode `approval`, and what people say to it."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query

from lotse_gateway.answers.language import Language
from lotse_gateway.answers.paging import encode_cursor
from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import ApiKey, Scope
from lotse_gateway.models.orders import ProposalAnswer, ProposalPage, ProposalState, ProposalView
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_gateway.routes.parameters import Cursor, InLanguage, id_in_query, page_size, read_cursor
from lotse_gateway.writes.audit import Event, leave_trace, read_states
from lotse_shared.identifiers import IDENTIFIER_PATTERN
from lotse_shared.problems import Conflict, NotFound

Operator = Annotated[ApiKey, Requires(Scope.OPERATOR)]
WITHOUT_A_WORD = ProposalAnswer()
"""An answer that gives no reason needs no body."""
State = Annotated[ProposalState | None, Query(description="those that are this")]


def _in_path(example: str) -> Any:  # noqa: ANN401 - what FastAPI's Path gives
    """Describe the id of a proposal: that of its sign, and a number."""
    return Path(pattern=IDENTIFIER_PATTERN.replace("{0,63}", "{0,79}"), max_length=80, examples=[example])


# The examples: one to accept, one to refuse.
AcceptedId = Annotated[str, _in_path("S3-1")]
RefusedId = Annotated[str, _in_path("S4-1")]


def proposals_router(resources: Resources) -> APIRouter:
    """Give list, get, accept, refuse."""
    router = APIRouter(prefix="/v1/proposals", tags=["proposals"])
    _add_reads(router, resources)
    _add_answers(router, resources)
    return router


def _add_reads(router: APIRouter, resources: Resources) -> None:
    settings, database = resources.settings, resources.database

    @router.get(
        "",
        summary="List proposals",
        response_model=ProposalPage,
        responses=errors(422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="list_proposals",
    )
    async def list_proposals(
        language: InLanguage,
        state: State = None,
        sign: Annotated[str | None, id_in_query("of this sign only", "S3")] = None,
        limit: Annotated[int, page_size(settings.max_page_size)] = settings.page_size,
        cursor: Cursor = None,
    ) -> Any:  # noqa: ANN401 - ProposalPage
        """Proposals by sign, the oldest first; `state=waiting` gives those that can be answered."""
        after = read_cursor(cursor, str, int)
        rows = await database.rows("list_proposals", *after, state, sign, limit + 1, language)
        items = [dict(row) for row in rows[:limit]]
        next_cursor = encode_cursor(items[-1]["sign"], items[-1]["number"]) if len(rows) > limit else None
        return {"items": items, "next_cursor": next_cursor}

    @router.get(
        "/{proposal_id}",
        summary="Get a proposal",
        response_model=ProposalView,
        responses=errors(404, 422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="get_proposal",
    )
    async def get_proposal(proposal_id: AcceptedId, language: InLanguage) -> Any:  # noqa: ANN401 - ProposalView
        """One proposal: what the sign would show, why, and what became of it."""
        row = await database.row("get_proposal", proposal_id, language)
        if row is None:
            raise _unknown(proposal_id)
        return dict(row)


def _add_answers(router: APIRouter, resources: Resources) -> None:
    @router.post(
        "/{proposal_id}/accept",
        summary="Accept a proposal",
        response_model=ProposalView,
        responses=errors(404, 409, 422, reads_body=True),
        operation_id="accept_proposal",
    )
    async def accept(
        proposal_id: AcceptedId,
        key: Operator,
        language: InLanguage,
        answer: Annotated[ProposalAnswer, Body()] = WITHOUT_A_WORD,
    ) -> Any:  # noqa: ANN401 - ProposalView
        """Let the sign show it, for as long as Lotse wants it. 409 where it does not wait any more.

        The answer counts at once; the proposal is `waiting`, with `answered_at`, until routing's next step.
        """
        return await _answer(resources, key, proposal_id, answer, language, is_accepted=True)

    @router.post(
        "/{proposal_id}/refuse",
        summary="Refuse a proposal",
        response_model=ProposalView,
        responses=errors(404, 409, 422, reads_body=True),
        operation_id="refuse_proposal",
    )
    async def refuse(
        proposal_id: RefusedId,
        key: Operator,
        language: InLanguage,
        answer: Annotated[ProposalAnswer, Body()] = WITHOUT_A_WORD,
    ) -> Any:  # noqa: ANN401 - ProposalView
        """Leave the sign as it is: the same is not proposed again for a while. 409 where it does not wait any more."""
        return await _answer(resources, key, proposal_id, answer, language, is_accepted=False)


async def _answer(  # noqa: PLR0913 - what is said, by whom, of what
    resources: Resources,
    key: ApiKey,
    proposal_id: str,
    answer: ProposalAnswer,
    language: Language,
    *,
    is_accepted: bool,
) -> dict[str, Any]:
    now = resources.now()
    async with resources.database.transaction() as session:
        row = await session.row("get_proposal", proposal_id, language)
        if row is None:
            raise _unknown(proposal_id)
        if row["state"] != "waiting" or row["expires_at"] <= now:
            became = row["state"] if row["state"] != "waiting" else "lapsed"
            message = f"the proposal {proposal_id!r} does not wait any more: it is {became}"
            raise Conflict(message)
        before = await read_states(session, "proposal", [proposal_id])
        if await session.row("add_answer", proposal_id, is_accepted, answer.reason, key.key_id, now) is None:
            message = f"the proposal {proposal_id!r} is answered already"
            raise Conflict(message)
        action = "accept" if is_accepted else "refuse"
        await leave_trace(session, key, "proposal", [Event(action, proposal_id, {"reason": answer.reason})], before)
        answered = await session.row("get_proposal", proposal_id, language)
        return dict(answered or row)


def _unknown(proposal_id: str) -> NotFound:
    message = f"there is no proposal {proposal_id!r}"
    return NotFound(message)
