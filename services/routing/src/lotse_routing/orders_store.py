"""Orders and proposals in the database: what people ordered, what they are asked and answer."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import asyncpg

from lotse_routing.decide.approval import Proposal, Wish
from lotse_routing.decide.cause import Kind
from lotse_routing.decide.decision import Decision
from lotse_routing.decide.explanation import tell_events
from lotse_routing.decide.orders import Answer, Lock, Orders, Phase
from lotse_routing.decide.template import Template
from lotse_routing.queries import QUERIES, Connection

ORDER_TABLES = frozenset({"sign_lock", "strategy", "strategy_activation", "proposal_answer", "text_template"})


async def read_orders(connection: Connection, now: datetime | None) -> Orders:
    """Read what is ordered and not over at Lotse's `now` (None: all), what is to come included; and the answers."""
    answers = await connection.fetch(QUERIES["proposal_answers"])
    return Orders(
        locks=_locks(await connection.fetch(QUERIES["locks"], now)),
        phases=tuple(_phase(row) for row in await connection.fetch(QUERIES["strategy_phases"], now)),
        answers={row["proposal_id"]: Answer(row["is_accepted"], row["author"]) for row in answers},
    )


async def read_past_locks(connection: Connection, since: datetime, until: datetime) -> Mapping[str, Sequence[Lock]]:
    """Read the locks that were in force in a period, as it was lived: by sign, and when each was."""
    return _locks(await connection.fetch(QUERIES["locks_between"], since, until))


async def read_templates(connection: Connection, language: str) -> Mapping[Kind, Template]:
    """Read the town's own words of a language."""
    rows = await connection.fetch(QUERIES["text_templates"], language)
    return {row["kind"]: Template(tuple(tuple(forms) for forms in row["lines"])) for row in rows}


def _locks(rows: Iterable[asyncpg.Record]) -> Mapping[str, Sequence[Lock]]:
    by_sign: dict[str, list[Lock]] = defaultdict(list)
    for row in rows:
        by_sign[row["sign_id"]].append(Lock(**{**row, "lines": tuple(row["lines"])}))
    return by_sign


def _phase(row: asyncpg.Record) -> Phase:
    lines = {message["sign"]: tuple(message["lines"]) for message in row["messages"]}
    return Phase(row["strategy_id"], row["name"], row["phase"], row["starts_at"], row["ends_at"], lines)


async def read_proposals(connection: Connection) -> Mapping[str, Proposal]:
    """Read the newest proposal of every sign."""
    return {row["sign_id"]: _proposal(row) for row in await connection.fetch(QUERIES["newest_proposals"])}


def _proposal(row: asyncpg.Record) -> Proposal:
    explanations = {"en": row["explanation"]} | row["explanations"]
    wish = Wish(row["sign_id"], row["plan"], tuple(row["lines"]), explanations, tuple(row["detours"]))
    return Proposal(wish, row["number"], row["made_at"], row["expires_at"], row["state"], row["settled_at"])


async def save_proposals(connection: Connection, decisions: Iterable[Decision]) -> None:
    """Write down what people are asked by these decisions, and what became of it."""
    for decision in decisions:
        if (proposal := decision.authority.proposal) is not None:
            numbered = decision.sign_id, proposal.number
            await connection.execute(QUERIES["withdraw_proposals"], *numbered, decision.decided_at)
            await connection.execute(QUERIES["save_proposal"], proposal.proposal_id, *numbered, *_columns(proposal))


def _columns(proposal: Proposal) -> tuple[object, ...]:
    wish = proposal.wish
    asked = wish.plan, list(wish.lines), wish.explanations["en"], dict(wish.explanations), list(wish.detours)
    return (*asked, proposal.made_at, proposal.expires_at, proposal.state, proposal.settled_at)


async def tell_suspended(connection: Connection, decisions: Iterable[Decision]) -> None:
    """Raise an alarm for each order that is not followed, and clear it when it is followed again, or over."""
    for decision in decisions:
        if suspended := tell_events(decision.authority.suspended)["en"]:
            await connection.execute(QUERIES["raise_suspended"], decision.sign_id, suspended, decision.decided_at)
        else:
            await connection.execute(QUERIES["clear_suspended"], decision.sign_id, decision.decided_at)
