"""Who decides what a sign shows. docs/sign-modes.md has the table of priorities and why it is so.

Safety (nothing leads along what is closed, whoever says so) > a lock > a strategy > what Lotse finds, which in the mode
`approval` waits for a person. What stands back is told, never dropped silently.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from lotse_routing.decide.advice import Advice, SignState
from lotse_routing.decide.approval import Proposal, ProposalState, Wish, propose, withdraw
from lotse_routing.decide.cause import Kind
from lotse_routing.decide.display import Face
from lotse_routing.decide.events import Code, Event, event
from lotse_routing.decide.fitting import Size, list_misfits
from lotse_routing.decide.grounds import corridors_named, find_untruth, is_open
from lotse_routing.decide.orders import NO_ORDERS, Order, Orders, Source
from lotse_routing.decide.policy import Moment
from lotse_routing.decide.record import Json
from lotse_routing.decide.registry import Sign
from lotse_routing.decide.template import Template
from lotse_routing.settings import ModeSettings

_NOT_SETTLED: Mapping[ProposalState, Code] = {
    "waiting": "proposal_waiting",
    "refused": "proposal_refused",
    "lapsed": "proposal_lapsed",
}
BLANK_FACE = Face(SignState.BLANK, (), (), None, None)


@dataclass(frozen=True, slots=True)
class Authority:
    """Whose word a decision is, and why; empty where it is Lotse's own.

    `why` is what happened for it to be so, `suspended` which orders are not followed, and why: both as data.
    `shows_detours` tells whether the detours that Lotse found are what the sign shows. `grounds` are the records of
    what is shown while Lotse wants something else. `proposal` is the newest of the sign.
    """

    source: Source = "automatic"
    why: tuple[Event, ...] = ()
    shows_detours: bool = True
    suspended: tuple[Event, ...] = ()
    grounds: tuple[Json, ...] = ()
    proposal: Proposal | None = None

    @property
    def events(self) -> tuple[Event, ...]:
        """What there is to tell of whose word the sign shows, and what stands back; empty where it is Lotse's own."""
        return self.why + self.suspended


OWN_WORD = Authority()


@dataclass(frozen=True, slots=True)
class Before:
    """What a sign shows until now, by whose word, and the records that it rests on."""

    face: Face
    authority: Authority
    detours: tuple[Json, ...]

    @property
    def grounds(self) -> tuple[Json, ...]:
        """The records of what is shown."""
        return self.detours if self.authority.shows_detours else self.authority.grounds


@dataclass(frozen=True, slots=True)
class Rules:
    """What people have ordered, how long proposals wait, and the town's own words by kind of cause."""

    orders: Orders = NO_ORDERS
    settings: ModeSettings = field(default_factory=ModeSettings)
    templates: Mapping[Kind, Template] = field(default_factory=dict)


def govern(  # noqa: PLR0913, PLR0917 - the parts of a decision
    moment: Moment,
    rules: Rules,
    sign: Sign,
    wanted: Face,
    wish: Wish,
    advices: Sequence[Advice],
    before: Before | None,
) -> tuple[Face, Authority]:
    """Decide whose word counts: give the face that the sign shows, given the one that Lotse wants, and whose it is."""
    newest = before.authority.proposal if before else None
    suspended: tuple[Event, ...] = ()
    for order in rules.orders.of(sign.sign_id, moment.now):
        if fault := _find_fault(moment, sign, order):
            suspended += (event("not_shown", order=order.by, fault=fault),)
            continue
        authority = Authority(order.source, (order.by,), False, suspended, (), withdraw(newest, moment.now))
        return _face_of(order), authority
    if sign.mode == "approval":
        face, authority = _with_approval(moment, rules, sign, wanted, wish, advices, before)
    else:
        face, authority = wanted, Authority(proposal=withdraw(newest, moment.now))
    return face, replace(authority, suspended=suspended)


def _face_of(order: Order) -> Face:
    """Compose what an order shows; the sign takes it down by itself when it ends."""
    state = SignState.DETOUR if order.lines else SignState.BLANK
    return Face(state, order.lines, (), None, order.ends_at)


def _find_fault(moment: Moment, sign: Sign, order: Order) -> Event | None:
    """Tell why an order must not be shown; None: it may."""
    for corridor in corridors_named(order.lines, moment.registry.corridors):
        if not is_open(moment, corridor.links):
            return event("corridor_closed", corridor=corridor.corridor_id)
    misfits = list_misfits(order.lines, Size(sign.line_count, sign.line_chars, sign.charset))
    return event("does_not_fit", field=misfits[0].field, fault=misfits[0].fault) if misfits else None


def _with_approval(  # noqa: PLR0913, PLR0917 - as above
    moment: Moment,
    rules: Rules,
    sign: Sign,
    wanted: Face,
    wish: Wish,
    advices: Sequence[Advice],
    before: Before | None,
) -> tuple[Face, Authority]:
    newest = before.authority.proposal if before else None
    if wanted.state is not SignState.DETOUR:  # what says nothing is never untrue: it needs nobody's approval
        return wanted, Authority("approval", proposal=withdraw(newest, moment.now))
    kept, why = _kept(moment, sign, before, advices)
    if (kept.state, kept.lines, _ways(kept)) == (wanted.state, wanted.lines, _ways(wanted)):
        why = before.authority.why if before and before.authority.shows_detours else ()
        return wanted, Authority("approval", why, proposal=withdraw(newest, moment.now))
    proposal = propose(wish, newest, rules.orders.answers, moment.now, rules.settings)
    if proposal.state == "accepted":
        answer = rules.orders.answers.get(proposal.proposal_id)
        accepted = event("accepted_by", by=answer.author) if answer else event("accepted")
        return wanted, Authority("approval", (accepted,), proposal=proposal)
    grounds = before.grounds if before and kept.state is SignState.DETOUR else ()
    meanwhile = event("sign_stays" if kept.state is SignState.DETOUR else "sign_stays_blank")
    lines = " / ".join(wish.lines)
    asked = event(_NOT_SETTLED[proposal.state], proposal=proposal.proposal_id, lines=lines, meanwhile=meanwhile)
    return kept, Authority("approval", (*why, asked), shows_detours=False, grounds=grounds, proposal=proposal)


def _kept(
    moment: Moment, sign: Sign, before: Before | None, advices: Sequence[Advice]
) -> tuple[Face, tuple[Event, ...]]:
    """Give what stays on the sign while people are asked, and tell why it had to go; an order's text ends with it."""
    if before is None or before.face.state is not SignState.DETOUR:
        return BLANK_FACE, ()
    if before.authority.source not in {"automatic", "approval"}:
        return BLANK_FACE, ()
    untruth = find_untruth(moment, sign, before.grounds, before.face.valid_until, advices)
    return (BLANK_FACE, (event("taken_down", fault=untruth),)) if untruth else (before.face, ())


def _ways(face: Face) -> list[tuple[object, ...]]:
    return [(way["id"], way["arrow"], way["via"]) for way in face.destinations]
