"""Why a sign shows what it shows, in words: what each rule says in German (English: test_decide_decision)."""

from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from string import Formatter
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from factories_decide import CENTRUM, SIGN, U12, a_closure, a_moment, a_registry, a_snapshot, a_step, at

from lotse_routing.decide.accounting import give_account
from lotse_routing.decide.advice import Reason
from lotse_routing.decide.decision import Decision, decide_sign, fall_back
from lotse_routing.decide.events import Code
from lotse_routing.decide.explanation import LANGUAGES, explain
from lotse_routing.decide.phrases.form import Phrases
from lotse_routing.decide.policy import Moment, advise
from lotse_routing.decide.registry import Corridor, Registry
from lotse_routing.settings import PolicySettings
from lotse_routing.state.roadwork import Roadwork

JAM = {"B-C-0": 8.0, "C-D-0": 8.0}
FREE = {"A-B-0": 50.0, "B-C-0": 50.0, "C-D-0": 50.0}
BERLIN = ZoneInfo("Europe/Berlin")
U7 = Corridor("U7", ("B-G-0", "G-D-0"))
STAU = "Stau auf Lauterstraße (8 statt 50 km/h; Detektoren at-B-C-0, at-C-D-0; seit 23.11.2026 13:00 Uhr)"


def decided(moment: Moment, previous: Decision | None = None, zone: tzinfo = BERLIN) -> Decision:
    return decide_sign(replace(a_step(moment), zone=zone), SIGN, previous)


def moment(speeds_kmh: dict[str, float], now_s: float = 0, *corridors: Corridor) -> Moment:
    return a_moment(a_snapshot(speeds_kmh, now=at(now_s)), a_registry(*(corridors or (U12,))))


def closed(*links: str, **closure: datetime | None) -> Moment:
    return a_moment(a_snapshot(roadworks=[a_closure(*links, **closure)]))  # type: ignore[arg-type]


def lost() -> Moment:
    return a_moment(a_snapshot(), Registry((SIGN,), {"CENTRUM": replace(CENTRUM, node_id="NOWHERE")}, (U12,)))


def only_the_usual_way() -> Moment:
    return a_moment(a_snapshot(JAM), a_registry(), PolicySettings(free_detours=False))


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        pytest.param(
            decided(moment(JAM)),
            f"Stadtmitte: {STAU}; über U12 166 s statt 486 s (108 s ohne Verkehr): Gewinn 320 s (66 %),"
            " Konfidenz 1,00.",
            id="gain",
        ),
        pytest.param(
            decided(closed("C-D-0", ends_at=at(3600))),
            "Stadtmitte: Lauterstraße ist gesperrt (Kanalbau, seit 23.11.2026 12:00 Uhr, bis 23.11.2026 14:00 Uhr);"
            " über U12 166 s, der übliche Weg offen 108 s.",
            id="closure",
        ),
        pytest.param(
            decided(moment(FREE, 60), decided(moment(JAM))),
            "Stadtmitte: der übliche Weg ist wieder frei; über U12 166 s statt 108 s (108 s ohne Verkehr): Gewinn -58 s"
            " (-53 %), Konfidenz 1,00; gehalten bis 23.11.2026 13:05 Uhr, obwohl das für eine Umleitung zu wenig ist;"
            " ohne die Haltezeit würde nichts gezeigt.",
            id="held",
        ),
        pytest.param(
            decided(moment({"B-C-0": 20.0, "C-D-0": 25.0})),
            "Stadtmitte: zäher Verkehr auf Lauterstraße (22 statt 50 km/h; Detektoren at-B-C-0, at-C-D-0; seit"
            " 23.11.2026 13:00 Uhr); über U12 wären es 166 s statt 198 s (108 s ohne Verkehr): Gewinn 32 s (16 %),"
            " Konfidenz 1,00: gezeigt wird ab 45 s und 15 %.",
            id="too little gain",
        ),
        pytest.param(
            decided(moment({"B-C-0": 20.0, "C-D-0": 30.0}, 400), decided(moment(JAM))),
            "Stadtmitte: zäher Verkehr auf Lauterstraße (24 statt 50 km/h; Detektoren at-B-C-0, at-C-D-0; seit"
            " 23.11.2026 13:00 Uhr); über U12 wären es 166 s statt 186 s (108 s ohne Verkehr): Gewinn 20 s (11 %),"
            " Konfidenz 1,00: unter 22,5 s oder 7,5 % nicht mehr gezeigt.",
            id="dropped",
        ),
        pytest.param(
            decided(moment({"B-C-0": 20.0}, 400), decided(moment(JAM))),
            "Stadtmitte: zäher Verkehr auf Lauterstraße (20 statt 50 km/h; Detektor at-B-C-0; seit 23.11.2026 13:00"
            " Uhr); der übliche Weg dauert 162 s (108 s ohne Verkehr), über U12 wären es 166 s: keine Umleitung,"
            " die das Schild zeigen darf, ist schneller.",
            id="no gain",
        ),
        pytest.param(
            decided(only_the_usual_way()),
            f"Stadtmitte: {STAU}; der übliche Weg dauert 486 s (108 s ohne Verkehr), ein anderer zulässiger Weg ist"
            " nicht vorhanden.",
            id="no candidate",
        ),
        pytest.param(
            decided(closed("C-D-0", "F-D-0")),
            "Stadtmitte: Lauterstraße ist gesperrt (Kanalbau, seit 23.11.2026 12:00 Uhr); kein zulässiger Weg führt"
            " daran vorbei: Rückfallanzeige.",
            id="no route",
        ),
        pytest.param(
            decided(lost()),
            "Stadtmitte: das Netz hat von diesem Schild aus keinen Weg dorthin: Rückfallanzeige.",
            id="not in network",
        ),
        pytest.param(
            decided(moment(FREE)),
            "Keine Anzeige: die üblichen Wege sind frei genug, nach Stadtmitte 108 s (108 s ohne Verkehr).",
            id="no delay",
        ),
        pytest.param(
            decided(moment({})),
            "Kein Detektor misst zurzeit den üblichen Weg nach Stadtmitte (108 s ohne Verkehr).",
            id="unmeasured",
        ),
    ],
)
def test_every_rule_is_explained_in_german(decision: Decision, expected: str) -> None:
    assert decision.explanations["de"] == expected


def test_each_destination_has_a_sentence_of_its_own_also_where_nothing_is_shown() -> None:
    near = replace(CENTRUM, destination_id="NEAR", name="Vorstadt", sign_text="VORSTADT", node_id="G")
    both = replace(SIGN, destinations=("CENTRUM", "NEAR"))
    registry = Registry((both,), {"CENTRUM": CENTRUM, "NEAR": near}, (U12,))
    free = decide_sign(a_step(a_moment(a_snapshot({"C-D-0": 50.0}), registry)), both, None)
    assert [record["why"]["words"] for record in free.detours] == [
        {
            "de": "Keine Anzeige: der übliche Weg dauert 108 s (108 s ohne Verkehr); eine Umleitung wird erst ab 45 s"
            " Zeitverlust gesucht.",
            "en": "Nothing to show: the usual way takes 108 s (108 s without traffic); a detour is looked for once it"
            " loses 45 s.",
        },
        {
            "de": "Kein Detektor misst zurzeit den üblichen Weg (96 s ohne Verkehr).",
            "en": "No detector measures the usual way now (96 s without traffic).",
        },
    ]


def test_a_better_corridor_that_waits_for_the_end_of_the_hold_is_told() -> None:
    before = decided(moment(JAM | {"B-G-0": 20.0}, 0, U12, U7))
    held = decided(moment(JAM | {"B-E-0": 6.0}, 60, U12, U7), before)
    assert held.explanations["de"].endswith("; ohne die Haltezeit ginge es über U7.")
    assert held.explanations["en"].endswith("; without the hold it would be by U7.")


def test_of_a_gain_that_does_not_count_in_full_the_explanation_tells_how_much_does() -> None:
    some = moment({"B-C-0": 20.0, "C-D-0": 25.0})
    account = give_account(some, advise(some, SIGN, CENTRUM, None), "Pariser Straße", None)
    rat_run = replace(account, gain_s=60.0, seen_gain_s=60.0, delay_s=44.0)
    (told,) = explain([rat_run], BERLIN).of_each
    mean = "Gewinn im Mittel aller Angesprochenen 60 s (16 % ihres ganzen Weges)"
    assert f"{mean}, davon 44 s auf dem üblichen Weg verloren, Konfidenz 1,00" in told["de"]
    assert "60 s in the mean of all addressed (16 % of their whole way), 44 s of it lost on the usual way" in told["en"]
    guessed = replace(account, estimated_s=40.0, seen_gain_s=20.0)
    (told,) = explain([guessed], BERLIN).of_each
    assert "statt 198 s, davon 40 s geschätzt (108 s ohne Verkehr)" in told["de"]
    assert "Gewinn 32 s (16 %), ohne Schätzwerte 20 s, Konfidenz" in told["de"]


def test_a_gain_is_the_difference_of_the_figures_beside_it() -> None:
    some = moment({"B-C-0": 20.0, "C-D-0": 25.0})
    account = give_account(some, advise(some, SIGN, CENTRUM, None), "Pariser Straße", None)
    rounded = replace(account, normal_s=270.6, candidate_s=257.4, gain_s=13.2, seen_gain_s=13.2, delay_s=100.0)
    (told,) = explain([rounded], BERLIN).of_each
    assert "wären es 257 s statt 271 s (108 s ohne Verkehr): Gewinn 14 s" in told["de"]


def test_a_roadwork_and_a_street_without_a_name_are_told() -> None:
    limit = Roadwork("R2", "Fräsarbeiten {}", "speed", 10.0, ("B-C-0", "C-D-0"), at(-600))
    told = decided(a_moment(a_snapshot(roadworks=[limit]))).explanations
    assert "Lauterstraße (10 statt 50 km/h; Baustelle Fräsarbeiten {}; seit 23.11.2026 12:50 Uhr)" in told["de"]
    assert "Lauterstraße is slow (10 of 50 km/h; roadwork Fräsarbeiten {}; since 2026-11-23 12:50)" in told["en"]
    assert LANGUAGES["de"].nameless == "Straße ohne Namen"


@pytest.mark.parametrize(
    ("ends_at", "zone", "german", "english"),
    [
        (datetime(2026, 12, 1, 9, 0, tzinfo=UTC), BERLIN, "01.12.2026 10:00 Uhr", "2026-12-01 10:00"),
        (datetime(2026, 12, 1, 9, 0, 7, tzinfo=UTC), BERLIN, "01.12.2026 10:00:07 Uhr", "2026-12-01 10:00:07"),
        (datetime(2026, 12, 1, 9, 0, tzinfo=UTC), UTC, "01.12.2026 09:00 Uhr UTC", "2026-12-01 09:00 UTC"),
        (datetime(2027, 10, 31, 0, 30, tzinfo=UTC), BERLIN, "31.10.2027 02:30 Uhr MESZ", "2027-10-31 02:30 CEST"),
        (datetime(2027, 10, 31, 1, 30, tzinfo=UTC), BERLIN, "31.10.2027 02:30 Uhr MEZ", "2027-10-31 02:30 CET"),
    ],
)
def test_moments_are_local_and_exact_also_in_the_hour_that_comes_twice(
    ends_at: datetime, zone: tzinfo, german: str, english: str
) -> None:
    told = decided(closed("C-D-0", ends_at=ends_at), zone=zone).explanations
    assert f", bis {german});" in told["de"]
    assert f", until {english});" in told["en"]


def test_what_concerns_the_sign_itself_is_told_in_both_languages() -> None:
    misplaced = decide_sign(a_step(), replace(SIGN, link_id="Y-Z-0"), None).explanations
    assert (
        misplaced["de"] == "Schild KL-07 steht an der Strecke Y-Z-0, die das geltende Netz nicht hat: Rückfallanzeige."
    )
    aimless = decide_sign(a_step(), replace(SIGN, destinations=()), None).explanations
    assert aimless["de"] == "Keine Anzeige: für dieses Schild ist kein Ziel eingetragen."
    failed = fall_back(a_step(), SIGN, None).explanations
    assert failed["de"].startswith("Die Entscheidung für Schild KL-07 ist gescheitert")
    assert all(set(told) == set(LANGUAGES) for told in (misplaced, aimless, failed))


def _fields(form: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(form) if name is not None}


@pytest.mark.parametrize("phrases", LANGUAGES.values(), ids=LANGUAGES)
def test_every_reason_has_words_and_they_tell_the_same_in_every_language(phrases: Phrases) -> None:
    english = LANGUAGES["en"]
    assert phrases.rules.keys() == {reason.value.replace(" ", "_") for reason in Reason}
    assert phrases.causes.keys() == english.causes.keys()
    assert phrases.events.keys() == set(get_args(Code))
    for name in set(Phrases.__slots__) - {"rules", "causes", "events", "zones", "moment", "decimal_point"}:
        assert _fields(getattr(phrases, name)) == _fields(getattr(english, name)), name
    for kind in ("rules", "causes", "events"):
        forms, others = getattr(phrases, kind), getattr(english, kind)
        assert {key: _fields(form) for key, form in forms.items()} == {k: _fields(form) for k, form in others.items()}
