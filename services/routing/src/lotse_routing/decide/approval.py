"""Approval: a change that Lotse wants waits as a proposal until a person accepts or refuses it, or it lapses.

docs/sign-modes.md tells the life of a proposal. Pure: what is asked, answered and over is in its arguments.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from lotse_routing.decide.orders import Answer
from lotse_routing.settings import ModeSettings

ProposalState = Literal["waiting", "accepted", "refused", "lapsed", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What Lotse wants a sign to show, and why in every language where people are asked.

    `plan` names what drivers would see: equal plans look equal.
    """

    sign_id: str
    plan: str
    lines: tuple[str, ...]
    explanations: Mapping[str, str]
    detours: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A wish that was put to people. Proposals of a sign are numbered; times are Lotse's clock."""

    wish: Wish
    number: int
    made_at: datetime
    expires_at: datetime
    state: ProposalState = "waiting"
    settled_at: datetime | None = None

    @property
    def proposal_id(self) -> str:
        """The id by which it is answered."""
        return f"{self.wish.sign_id}-{self.number}"

    @property
    def is_waiting(self) -> bool:
        """Tell whether it can still be answered."""
        return self.state == "waiting"


def propose(
    wish: Wish, newest: Proposal | None, answers: Mapping[str, Answer], now: datetime, settings: ModeSettings
) -> Proposal:
    """Put a wish to people, or tell what became of it: the newest proposal as it is now, or the next one.

    A wish that was refused, or lapsed, is not put again for a while. A new one takes the place of one that waits.
    """
    if newest is None or newest.wish.plan != wish.plan:
        return _next(wish, newest, now, settings)
    if newest.is_waiting:
        return _settled(newest, answers.get(newest.proposal_id), now)
    is_quiet = newest.state in {"refused", "lapsed"} and newest.settled_at is not None
    if is_quiet and newest.settled_at and now - newest.settled_at < timedelta(seconds=settings.propose_again_s):
        return newest
    return _next(wish, newest, now, settings)


def withdraw(newest: Proposal | None, now: datetime) -> Proposal | None:
    """Take back a proposal that waits: it is not wanted any more, or an order stands before it."""
    if newest is None or not newest.is_waiting:
        return newest
    return replace(newest, state="withdrawn", settled_at=now)


def _settled(proposal: Proposal, answer: Answer | None, now: datetime) -> Proposal:
    if answer is not None:
        return replace(proposal, state="accepted" if answer.is_accepted else "refused", settled_at=now)
    return replace(proposal, state="lapsed", settled_at=now) if now >= proposal.expires_at else proposal


def _next(wish: Wish, newest: Proposal | None, now: datetime, settings: ModeSettings) -> Proposal:
    number = newest.number + 1 if newest else 1
    return Proposal(wish, number, now, now + timedelta(seconds=settings.propose_for_s))
