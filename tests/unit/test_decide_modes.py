"""Whose word a sign shows: every pair of docs/sign-modes.md, and the life of a proposal."""

import json
from dataclasses import replace
from typing import Any

import pytest
from factories_decide import SIGN, U12, a_step, at
from factories_modes import ASKS_FIRST, FREE, GARDEN, JAM, ON_THE_WAY, ON_U12, a_lock, a_phase, decided_by

from lotse_routing.decide.advice import SignState
from lotse_routing.decide.decision import Decision, fall_back, is_news
from lotse_routing.decide.explanation import tell_events
from lotse_routing.decide.modes import Rules
from lotse_routing.decide.orders import Orders
from lotse_shared.vehicle import VehicleClass

BY_CLOSURE = ("LAUTERSTR.", "GESPERRT", "FOLGE U12")
BY_JAM = ("LAUTERSTR.", "STAU", "FOLGE U12")
FIRE = ("FEUER", "BITTE WARTEN")
STADIUM = ("STADION", "PARKEN P3")


def body(decision: Decision) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(decision.display.body)
    return parsed


def word(decision: Decision) -> tuple[str, tuple[str, ...]]:
    assert body(decision)["source"] == decision.authority.source
    assert body(decision)["lines"] == list(decision.lines)
    return decision.authority.source, decision.lines


def suspended(decision: Decision) -> str:
    return tell_events(decision.authority.suspended)["en"]


# Every pair of the table, the stronger first.


def test_a_text_may_name_a_corridor_that_is_not_for_cars_and_is_as_safe() -> None:
    for_trucks = [replace(U12, vehicles=(VehicleClass.TRUCK,))]
    lock = a_lock("LKW", "FOLGE U12")
    assert word(decided_by(lock=lock, corridors=for_trucks)) == ("manual", ("LKW", "FOLGE U12"))
    decision = decided_by(lock=lock, corridors=for_trucks, closed=[ON_U12])
    assert suspended(decision) == "Locked by wall: Feuerwehr: not shown, for U12 is closed."


def test_safety_before_a_lock_a_text_along_a_closed_corridor_is_not_shown() -> None:
    decision = decided_by(lock=a_lock("STADION", "FOLGE U12"), closed=[ON_U12])
    assert word(decision) == ("automatic", ())
    assert suspended(decision) == "Locked by wall: Feuerwehr: not shown, for U12 is closed."
    assert suspended(decision) in decision.explanation


def test_safety_before_a_strategy() -> None:
    decision = decided_by(phases=[a_phase("STADION", "FOLGE U12")], closed=[ON_U12])
    assert word(decision) == ("automatic", ())
    assert suspended(decision) == "Strategy Match day, before: not shown, for U12 is closed."


def test_a_suspended_lock_lets_the_strategy_through_and_a_suspended_strategy_what_lotse_finds() -> None:
    closed = [ON_THE_WAY, ON_U12]
    decision = decided_by(lock=a_lock("FOLGE U12"), phases=[a_phase(*STADIUM)], closed=closed)
    assert word(decision) == ("strategy", STADIUM)
    assert "Locked by wall" in suspended(decision)
    both = decided_by(lock=a_lock("FOLGE U12"), phases=[a_phase("ÜBER U12")], closed=closed, corridors=[U12, GARDEN])
    assert word(both) == ("automatic", ("LAUTERSTR.", "GESPERRT", "FOLGE U7"))
    assert suspended(both).count("not shown") == 2


def test_safety_before_a_message_that_was_approved() -> None:
    approved = accepted()
    decision = decided_by(sign=ASKS_FIRST, previous=approved, closed=[ON_U12, ON_THE_WAY], now_s=90)
    assert word(decision) == ("approval", ())
    assert decision.state is SignState.FALLBACK


def test_a_lock_before_a_strategy_before_a_closure_before_a_jam() -> None:
    given: dict[str, Any] = {"closed": [ON_THE_WAY], "speeds": JAM}
    assert word(decided_by(lock=a_lock(*FIRE), phases=[a_phase(*STADIUM)], **given)) == ("manual", FIRE)
    assert word(decided_by(phases=[a_phase(*STADIUM)], **given)) == ("strategy", STADIUM)
    assert word(decided_by(**given)) == ("automatic", BY_CLOSURE)
    assert word(decided_by(speeds=JAM)) == ("automatic", BY_JAM)


@pytest.mark.parametrize("sign", [SIGN, ASKS_FIRST])
def test_a_lock_before_a_closure_before_a_jam_and_before_approval(sign: Any) -> None:
    for given in ({"closed": [ON_THE_WAY]}, {"speeds": JAM}, {}):
        assert word(decided_by(lock=a_lock(*FIRE), sign=sign, **given)) == ("manual", FIRE)
        assert word(decided_by(phases=[a_phase(*STADIUM)], sign=sign, **given)) == ("strategy", STADIUM)


def test_a_lock_before_the_fallback() -> None:
    everything = [ON_THE_WAY, ON_U12]
    assert decided_by(closed=everything).state is SignState.FALLBACK
    assert word(decided_by(lock=a_lock(*FIRE), closed=everything)) == ("manual", FIRE)


def test_a_fault_before_everything() -> None:
    step = replace(a_step(), rules=Rules(Orders({"KL-07": [a_lock(*FIRE)]})))
    assert fall_back(step, SIGN, None).state is SignState.FALLBACK


# Locks.


def test_a_lock_can_keep_a_sign_blank() -> None:
    decision = decided_by(lock=a_lock(), closed=[ON_THE_WAY])
    assert word(decision) == ("manual", ())
    assert decision.state is SignState.BLANK
    assert decision.explanation.startswith("Locked by wall: Feuerwehr. Lotse finds: Stadtmitte: Lauterstraße is closed")


def test_a_lock_ends_by_itself_and_the_sign_knows_when() -> None:
    lock = a_lock(*FIRE, until_s=600)
    locked = decided_by(lock=lock, speeds=JAM, now_s=599)
    assert body(locked)["valid_until"] == "2026-11-23T12:10:00Z"
    assert locked.sensed_at is None
    assert word(decided_by(lock=lock, speeds=JAM, now_s=600, previous=locked)) == ("automatic", BY_JAM)


def test_what_lotse_finds_goes_on_behind_a_lock_and_is_told_apart() -> None:
    locked = decided_by(lock=a_lock(*FIRE), speeds=JAM)
    assert not locked.authority.shows_detours
    assert locked.detours[0]["state"] == "detour"
    after = decided_by(speeds=JAM, now_s=60, previous=locked)
    assert after.detours[0]["since"] == locked.detours[0]["since"]


def test_a_lock_that_does_not_fit_the_sign_any_more_is_not_shown() -> None:
    decision = decided_by(lock=a_lock("ZU LANG FÜR SECHZEHN"))
    assert word(decision) == ("automatic", ())
    assert "does not fit the sign: lines.0" in suspended(decision)


def test_an_order_that_begins_ends_or_changes_its_reason_is_news() -> None:
    before = decided_by()
    locked = decided_by(lock=a_lock(), previous=before)
    assert is_news(locked, before, 3600)
    again = decided_by(lock=a_lock(), previous=locked, now_s=1)
    assert not is_news(again, locked, 3600)
    assert is_news(decided_by(lock=a_lock(reason="Unfall"), previous=locked), locked, 3600)
    assert is_news(decided_by(previous=locked), locked, 3600)


# Strategies.


def test_phases_follow_each_other_by_time_and_the_one_that_began_last_counts() -> None:
    before = a_phase("STADION", "PARKEN P3", starts_s=0, ends_s=100)
    after = a_phase("A6 FREI", starts_s=100, ends_s=200)
    other = a_phase("KONZERT", starts_s=50, ends_s=150, strategy_id="CONCERT")
    phases = [before, after, other]
    shown = [decided_by(phases=phases, now_s=now_s).lines for now_s in (-1, 0, 49, 50, 99, 100, 199, 200)]
    assert shown == [
        (),
        STADIUM,
        STADIUM,
        ("KONZERT",),
        ("KONZERT",),
        ("A6 FREI",),
        ("A6 FREI",),
        (),
    ]


def test_a_strategy_says_nothing_to_signs_that_it_has_no_lines_for() -> None:
    elsewhere = replace(a_phase(*STADIUM), lines={"KL-08": STADIUM})
    assert word(decided_by(phases=[elsewhere], speeds=JAM)) == ("automatic", BY_JAM)


# The life of a proposal.


def asked(**given: Any) -> Decision:
    return decided_by(sign=ASKS_FIRST, **({"speeds": JAM} | given))


def accepted(**given: Any) -> Decision:
    waiting = asked(**given)
    return asked(**(given | {"previous": waiting, "answers": {"KL-07-1": True}, "now_s": 60}))


def proposal_of(decision: Decision) -> tuple[int, str]:
    assert decision.authority.proposal
    return decision.authority.proposal.number, decision.authority.proposal.state


def test_a_change_waits_and_the_sign_keeps_what_it_shows() -> None:
    waiting = asked()
    assert word(waiting) == ("approval", ())
    assert proposal_of(waiting) == (1, "waiting")
    assert waiting.authority.proposal
    assert waiting.authority.proposal.wish.lines == BY_JAM
    assert waiting.authority.proposal.expires_at == at(900)
    assert "Proposal KL-07-1 (LAUTERSTR. / STAU / FOLGE U12) is waiting" in waiting.explanation
    later = asked(previous=waiting, now_s=60)
    assert later.authority == waiting.authority
    assert not is_news(later, waiting, 3600)


def test_an_accepted_proposal_is_shown_for_as_long_as_it_is_wanted() -> None:
    shown = accepted()
    assert word(shown) == ("approval", BY_JAM)
    assert proposal_of(shown) == (1, "accepted")
    assert shown.explanation.startswith("Accepted by night shift. Stadtmitte:")
    later = asked(previous=shown, now_s=120)
    assert word(later) == ("approval", BY_JAM)
    assert not is_news(later, shown, 3600)


def test_a_message_goes_without_approval_when_nothing_is_wanted_any_more() -> None:
    gone = asked(speeds=FREE, previous=accepted(), now_s=3600)
    assert word(gone) == ("approval", ())
    again = asked(previous=gone, now_s=3700)
    assert (word(again), proposal_of(again)) == (("approval", ()), (2, "waiting"))


def test_a_refused_proposal_is_not_made_again_for_a_while() -> None:
    refused = asked(previous=asked(), answers={"KL-07-1": False}, now_s=60)
    assert (word(refused), proposal_of(refused)) == (("approval", ()), (1, "refused"))
    assert proposal_of(asked(previous=refused, now_s=959)) == (1, "refused")
    assert proposal_of(asked(previous=refused, now_s=960)) == (2, "waiting")


def test_a_refusal_does_not_answer_for_the_next_closure_of_the_same_street() -> None:
    refused = asked(previous=asked(closed=[ON_THE_WAY]), closed=[ON_THE_WAY], answers={"KL-07-1": False}, now_s=60)
    assert proposal_of(asked(previous=refused, closed=[ON_THE_WAY], ends_s=999, now_s=90)) == (1, "refused")
    assert proposal_of(asked(previous=refused, closed=[ON_THE_WAY], since_s=80, now_s=90)) == (2, "waiting")


def test_a_proposal_lapses_unanswered_and_an_answer_in_time_counts() -> None:
    waiting = asked()
    assert proposal_of(asked(previous=waiting, now_s=899)) == (1, "waiting")
    lapsed = asked(previous=waiting, now_s=900)
    assert (word(lapsed), proposal_of(lapsed)) == (("approval", ()), (1, "lapsed"))
    assert proposal_of(asked(previous=lapsed, answers={"KL-07-1": True}, now_s=901)) == (1, "lapsed")


def test_a_proposal_is_withdrawn_when_it_is_not_wanted_or_an_order_comes() -> None:
    assert proposal_of(asked(speeds=FREE, previous=asked(), now_s=3600)) == (1, "withdrawn")
    assert proposal_of(asked(lock=a_lock(*FIRE), previous=asked(), now_s=1)) == (1, "withdrawn")
    assert proposal_of(decided_by(speeds=JAM, previous=asked(), now_s=1)) == (1, "withdrawn")


def test_another_wish_takes_the_place_of_the_one_that_waits_and_needs_its_own_answer() -> None:
    closure = asked(previous=asked(), closed=[ON_THE_WAY], answers={"KL-07-1": True}, now_s=1)
    assert (word(closure), proposal_of(closure)) == (("approval", ()), (2, "waiting"))
    shown = asked(previous=closure, closed=[ON_THE_WAY], answers={"KL-07-2": True}, now_s=2)
    assert word(shown) == ("approval", BY_CLOSURE)


def test_what_was_approved_stays_while_people_are_asked_for_a_replacement() -> None:
    approved = accepted()
    kept = asked(previous=approved, closed=[ON_THE_WAY], now_s=120)
    assert (word(kept), proposal_of(kept)) == (("approval", BY_JAM), (2, "waiting"))
    assert kept.authority.grounds == approved.detours
    assert body(kept)["destinations"] == body(approved)["destinations"]
    still = asked(previous=kept, closed=[ON_THE_WAY], now_s=180)
    assert not is_news(still, kept, 3600)
    gone = asked(previous=still, closed=[ON_THE_WAY, ON_U12], corridors=[U12, GARDEN], now_s=240)
    assert (word(gone), proposal_of(gone)) == (("approval", ()), (3, "waiting"))
    assert "Taken down, for the way that it shows is closed." in gone.explanation


def test_a_closure_that_is_over_is_taken_down_without_approval() -> None:
    shown = accepted(closed=[ON_THE_WAY], speeds=None)
    assert word(shown) == ("approval", BY_CLOSURE)
    over = asked(previous=shown, speeds=JAM, now_s=120)
    assert (word(over), proposal_of(over)) == (("approval", ()), (2, "waiting"))
    assert "the closure that it tells is over" in over.explanation


def test_a_corridor_that_is_withdrawn_is_taken_down_without_approval() -> None:
    shown = accepted()
    gone = asked(previous=shown, corridors=[GARDEN], now_s=120)
    assert word(gone) == ("approval", ())
    assert "the corridor U12 is not registered for it any more" in gone.explanation


def test_a_sign_that_begins_to_ask_keeps_what_it_shows() -> None:
    automatic = decided_by(speeds=JAM)
    assert word(asked(previous=automatic, now_s=60)) == ("approval", BY_JAM)


def test_the_text_of_an_order_ends_with_it() -> None:
    locked = asked(lock=a_lock(*FIRE))
    assert word(asked(previous=locked, now_s=60)) == ("approval", ())
