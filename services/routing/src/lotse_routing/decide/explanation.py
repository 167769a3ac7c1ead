"""Why a sign shows what it shows, in words: composed from accounts and events alone, in every language there is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from lotse_routing.decide.account import Account, CauseAccount, Json, give_cause, write_account
from lotse_routing.decide.cause import NOTICEABLE_DELAY_S, Cause
from lotse_routing.decide.events import Event, sentences
from lotse_routing.decide.modes import Authority
from lotse_routing.decide.phrases.de import GERMAN
from lotse_routing.decide.phrases.en import ENGLISH
from lotse_routing.decide.phrases.figures import listed, local_moment, number, whole
from lotse_routing.decide.phrases.form import Phrases

LANGUAGES: Mapping[str, Phrases] = {"de": GERMAN, "en": ENGLISH}
SLIGHT_FROM_RATIO = 0.7
"""A street whose traffic counts as free (field.md 4) is not called slow, whatever its seconds add up to."""

ByLanguage = dict[str, str]
"""The same text in every language."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a sign shows what it shows: in one text, and in a sentence for each of its accounts."""

    of_sign: ByLanguage
    of_each: tuple[ByLanguage, ...]


def explain(accounts: Sequence[Account], zone: tzinfo) -> Explanation:
    """Explain a sign's decision, moments in local time; the text of the sign tells what there is to report of only."""
    of_each = tuple(
        {language: _sentence(account, phrases, zone) for language, phrases in LANGUAGES.items()} for account in accounts
    )
    of_sign = {
        language: _of_sign(accounts, [sentences[language] for sentences in of_each], phrases)
        for language, phrases in LANGUAGES.items()
    }
    return Explanation(of_sign, of_each)


def explain_misplaced(sign_id: str, link_id: str) -> ByLanguage:
    """Explain the fallback of a sign whose link the network does not have."""
    return {language: phrases.misplaced.format(sign=sign_id, link=link_id) for language, phrases in LANGUAGES.items()}


def explain_unaffected(witnesses: int, *, is_measured: bool) -> ByLanguage:
    """Explain that nobody who usually passes a sign comes to anything known to be closed, or believed to be slow.

    Parameters
    ----------
    witnesses
        So many detectors have to agree.
    is_measured
        Whether any detector reports now.
    """
    told = {language: phrases.unaffected.format(witnesses=witnesses) for language, phrases in LANGUAGES.items()}
    if is_measured:
        return told
    return {language: f"{text} {LANGUAGES[language].nothing_measured}" for language, text in told.items()}


def with_authority(found: ByLanguage, authority: Authority) -> ByLanguage:
    """Put before the explanation of what Lotse found whose word it is that the sign shows, and what stands back."""
    told = tell_events(authority.events)
    finds = {
        language: text if authority.shows_detours else LANGUAGES[language].finds.format(text)
        for language, text in found.items()
    }
    return {language: " ".join(filter(None, (told[language], text))) for language, text in finds.items()}


def tell_events(events: Sequence[Event]) -> ByLanguage:
    """Tell what people did and what became of it, a sentence each; empty: nothing happened."""
    return {language: sentences(events, phrases.events) for language, phrases in LANGUAGES.items()}


def explain_fault(sign_id: str) -> ByLanguage:
    """Explain the fallback of a sign whose decision failed."""
    return {language: phrases.fault.format(sign=sign_id) for language, phrases in LANGUAGES.items()}


def with_reasons(detours: Sequence[Json], accounts: Sequence[Account], explanation: Explanation) -> tuple[Json, ...]:
    """Add to the records of a decision why each is what it is: its account, and the same in words."""
    return tuple(
        record | {"why": write_account(account) | {"words": _alone(sentences)}}
        for record, account, sentences in zip(detours, accounts, explanation.of_each, strict=True)
    )


def _alone(sentences: ByLanguage) -> ByLanguage:
    return {language: f"{sentence[0].upper()}{sentence[1:]}." for language, sentence in sentences.items()}


def describe(cause: Cause) -> str:
    """Say in English what is wrong now: 'Lauterstraße is closed (Kanalbau)'."""
    told = give_cause(cause)
    return _cause(told, _details(told, ENGLISH), ENGLISH)


def _of_sign(accounts: Sequence[Account], sentences: Sequence[str], phrases: Phrases) -> str:
    if not accounts:
        return phrases.no_destination
    pairs = zip(accounts, sentences, strict=True)
    told = [f"{account.name}: {sentence}." for account, sentence in pairs if account.rule != "no_delay"]
    return " ".join(told) or _quiet(accounts, phrases)


def _quiet(accounts: Sequence[Account], phrases: Phrases) -> str:
    """Say that there is nothing to show, and of which ways nobody knows whether that is true."""
    seen = [phrases.quiet_way.format(name=a.name, normal=_normal(a, phrases)) for a in accounts if a.is_measured]
    blind = [phrases.blind_way.format(name=a.name, usual=whole(a.usual_s)) for a in accounts if not a.is_measured]
    sentences = [phrases.quiet.format(", ".join(seen))] if seen else []
    sentences += [phrases.blind.format(phrases.and_.join(blind))] if blind else []
    return " ".join(sentences)


def _sentence(account: Account, phrases: Phrases, zone: tzinfo) -> str:
    return _form(account, phrases).format(
        cause=_why(account, phrases, zone),
        detour=_detour(account, phrases),
        takes=_takes(account, phrases),
        normal=_normal(account, phrases),
        usual=whole(account.usual_s),
        min_gain=number(account.min_gain_s, phrases),
        min_gain_pct=number(account.min_gain_pct, phrases),
        held_until=local_moment(account.held_until, phrases, zone) if account.held_until else "",
        together=_together(account, phrases),
        without_hold=_without_hold(account, phrases),
    )


def _form(account: Account, phrases: Phrases) -> str:
    if account.rule == "no_delay" and account.was_shown:
        return phrases.recovered
    if account.rule == "no_delay" and not account.is_measured:
        return phrases.unmeasured
    if account.rule == "too_little_gain" and account.gain_s is not None and account.gain_s <= 0:
        return phrases.no_gain
    if account.rule == "too_little_gain" and account.was_shown:
        return phrases.dropped if account.min_gain_pct else phrases.dropped_by_seconds
    if account.rule == "too_little_gain" and account.cause is not None and account.cause.kind == "closed":
        return phrases.not_past_closure
    return phrases.rules[account.rule]


def _why(account: Account, phrases: Phrases, zone: tzinfo) -> str:
    if account.cause is None:
        return phrases.free_again if account.is_measured else phrases.nobody_measures
    cause = account.cause
    ends = [phrases.since.format(local_moment(cause.since, phrases, zone))] if cause.since else []
    ends += [phrases.until.format(local_moment(cause.until, phrases, zone))] if cause.until else []
    return _cause(cause, _details(cause, phrases) + ends, phrases)


def _cause(cause: CauseAccount, details: Sequence[str], phrases: Phrases) -> str:
    form = phrases.causes["slight" if _is_slight(cause) else cause.kind]
    told = (", " if cause.kind == "closed" else "; ").join(details)
    return form.format(street=cause.street or phrases.nameless, details=f" ({told})" if told else "")


def _is_slight(cause: CauseAccount) -> bool:
    if cause.kind != "slow" or cause.speed_kmh is None or cause.free_flow_kmh is None:
        return False
    return cause.speed_kmh >= SLIGHT_FROM_RATIO * cause.free_flow_kmh


def _details(cause: CauseAccount, phrases: Phrases) -> list[str]:
    """Tell how slow it is, and who says so."""
    if cause.kind == "closed":
        return [cause.roadwork] if cause.roadwork else []
    speed, free_flow = (whole(speed_kmh) for speed_kmh in (cause.speed_kmh, cause.free_flow_kmh))
    by = [phrases.roadwork.format(cause.roadwork)] if cause.roadwork else []
    by_detectors = phrases.detector if len(cause.detectors) == 1 else phrases.detectors
    by += [by_detectors.format(listed(cause.detectors, phrases))] if cause.detectors else []
    return [phrases.speeds.format(speed=speed, free_flow=free_flow), *by]


def _detour(account: Account, phrases: Phrases) -> str:
    """Tell how long the detour takes, and what it gains."""
    takes = _takes(account, phrases)
    if account.gain_s is None:
        return phrases.when_open.format(takes=takes, usual=whole(account.usual_s))
    gain, is_of_both = _gain(account, account.gain_s)
    form = phrases.gain if is_of_both else phrases.mean_gain
    return form.format(
        takes=takes,
        normal=_normal(account, phrases),
        gain=gain,
        gain_pct=whole(account.gain_pct),
        parts=_parts(account, phrases),
        confidence=f"{account.confidence:.2f}".replace(".", phrases.decimal_point),
    )


def _gain(account: Account, gain_s: float) -> tuple[str, bool]:
    """Give the gain, and whether it is that of one way over the other: then of their figures as they are told.

    In a message to a relation it is a mean over many ways.
    """
    between_s = round(account.normal_s or 0.0) - round(_detour_s(account) or 0.0)
    is_of_both = abs(between_s - gain_s) <= 1
    return whole(between_s if is_of_both else gain_s), is_of_both


def _parts(account: Account, phrases: Phrases) -> str:
    """Tell how much of a gain counts, where it is less: what nobody sees does not, nor does what nobody lost."""
    gain_s = account.gain_s or 0.0
    seen_s = gain_s if account.seen_gain_s is None else account.seen_gain_s
    lost_s = gain_s if account.delay_s is None else account.delay_s
    if gain_s - seen_s >= NOTICEABLE_DELAY_S:
        return phrases.seen_gain.format(whole(max(0.0, seen_s)))
    if account.lacks and gain_s - lost_s >= NOTICEABLE_DELAY_S:
        return phrases.lost.format(whole(max(0.0, lost_s)))
    return ""


def _together(account: Account, phrases: Phrases) -> str:
    """Tell what all those addressed would gain together, where that is too little."""
    of_all = next((lack for lack in account.lacks if lack.figure == "total_gain_veh_min_h"), None)
    return phrases.together.format(number(of_all.value, phrases), number(of_all.needed, phrases)) if of_all else ""


def _takes(account: Account, phrases: Phrases) -> str:
    form = phrases.takes_candidate if account.shown_s is None else phrases.takes_shown
    return form.format(way=_way(account.via, phrases), seconds=whole(_detour_s(account)))


def _detour_s(account: Account) -> float | None:
    """Give what the detour takes that is shown, or else the one that was weighed."""
    return account.candidate_s if account.shown_s is None else account.shown_s


def _way(via: str | None, phrases: Phrases) -> str:
    return phrases.by_way.format(via) if via else phrases.by_another_way


def _normal(account: Account, phrases: Phrases) -> str:
    estimated_s = account.estimated_s
    estimated = phrases.estimated.format(whole(estimated_s)) if estimated_s >= NOTICEABLE_DELAY_S else ""
    now, usual = (whole(seconds) for seconds in (account.normal_s, account.usual_s))
    return phrases.normal.format(now=now, estimated=estimated, usual=usual)


def _without_hold(account: Account, phrases: Phrases) -> str:
    if account.without_hold is None:
        return ""
    if account.without_hold.state != "detour":
        return phrases.without_hold_nothing
    return phrases.without_hold_another.format(_way(account.without_hold.via, phrases))
