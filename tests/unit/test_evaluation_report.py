"""The sentences and tables of docs/evidence.md follow the runs: nothing is averaged over, hidden or assumed."""

import pytest
from evaluation.report.estimates import figures_of, read_estimates, write_estimates
from evaluation.report.figures import effect, harm_h, share_of_gain
from evaluation.report.findings import NOT_RUN, tell
from evaluation.report.outside import swapped, tell_order
from evaluation.report.runs import sort_out
from evaluation.report.sections import write_compliances, write_counts, write_held_out, write_scenarios
from evaluation.report.sign_morning import busiest_sign, morning_of, write_texts
from evaluation.report.street_map import corridors_of
from evaluation.report.targets import TARGETS, every_harm, measure, target_rows
from evaluation.report.words import listed, number, percent, signed
from factories_report import INCIDENT, a_key, a_run, a_study, some_runs

GOOD = {"none": (100, 110), "lotse": (60, 70), "equilibrium": (40, 50), "static": (85, 95)}
HARMFUL = {"none": (100, 110), "lotse": (130, 140), "equilibrium": (40, 50), "static": (85, 95)}


def test_a_gain_is_told_with_its_share_of_what_can_be_gained() -> None:
    said = tell(a_study(some_runs(GOOD)))
    assert "105 vehicle hours without guidance and 65 with Lotse's signs (**38 % less**, 2 mornings)" in said
    assert "it would have been 45, so 67 % of what can be gained was gained" in said
    assert "In none of 2 runs was there more delay" in said
    assert "Better than fixed detours signed by hand in 1 of 1, worse in none." in said


def test_harm_is_called_harm() -> None:
    said = tell(a_study(some_runs(HARMFUL)))
    assert "**29 % more: harm**" in said
    assert "nothing of that was gained" in said
    assert "1 worse (closure)" in said
    assert "**Worse than fixed detours signed by hand** in 1 of 1 (closure)" in said
    assert "**Harm: the worst run had 30.0 vehicle hours more" in said
    assert "2 of 2 runs did more than the 3" in said


def test_one_harmful_seed_shows_though_the_mean_is_a_gain() -> None:
    said = tell(a_study(some_runs({"none": (100, 110), "lotse": (60, 115)})))
    assert "% less**" in said
    assert "**Harm: the worst run had 5.0 vehicle hours more than without guidance (closure, seed 2" in said


def test_a_small_difference_is_no_gain() -> None:
    study = a_study(some_runs({"none": (100, 110), "lotse": (99, 108)}))
    assert "(**no different**, 2 mornings)" in tell(study)
    assert effect(study.runs, "closure", "lotse", "none", 0.7) == 0


def test_without_a_run_of_ours_the_page_says_so_and_nothing_else_of_it() -> None:
    said = tell(a_study(some_runs({"none": (100,)}), [a_key("lotse")]))
    assert said.startswith(NOT_RUN)
    assert "1 run of 2 is missing" in said


def test_signs_that_speak_for_nothing_are_told() -> None:
    spoke = [a_run(a_key("lotse", 1, "undisturbed"), 36, sign_changes=4), a_run(a_key("none", 1, "undisturbed"), 36)]
    assert "**In 1 run where nothing was wrong with traffic, signs changed 4 times.**" in tell(a_study(spoke))
    silent = [a_run(a_key("lotse", 1, "crying-detector"), 36)]
    assert "In 1 run where nothing was wrong with traffic, no sign said anything." in tell(a_study(silent))


def test_set_aside_is_told_beside_open() -> None:
    runs = some_runs({"none": (100, 100), "lotse": (60, 90), "equilibrium": (50, 50)})
    assert "the share of the gain was 20 % (closure, beside 80 % on the others)" in tell(a_study(runs))
    assert "**No run that was set aside counts here" in tell(a_study([r for r in runs if r.key.seed == 1]))
    assert "| closure | **lotse** | 60.0 | 80 % | 1 | 90.0 | 20 % | 1 |" in write_held_out(a_study(runs))


def test_shares_go_by_the_seeds_that_all_three_have() -> None:
    runs = some_runs({"none": (100, 1000), "lotse": (70,), "equilibrium": (40, 40)})
    assert share_of_gain(a_study(runs).runs, "closure", "lotse", 0.7) == pytest.approx(0.5)


def test_no_share_where_there_is_nothing_to_gain() -> None:
    runs = some_runs({"none": (39,), "lotse": (38,), "equilibrium": (37,)})
    assert share_of_gain(a_study(runs).runs, "closure", "lotse", 0.7) is None


def test_harm_is_paired_by_seed() -> None:
    runs = [a_run(a_key("none", 1), 100), a_run(a_key("none", 2), 50), a_run(a_key("lotse", 2), 60)]
    study = a_study(runs)
    assert harm_h(study.runs, "closure", "lotse", 0.7) == {2: 10}
    assert [each.vehicle_h for each in every_harm(study)] == [10]


@pytest.mark.parametrize(
    ("changed", "why"),
    [({"unfinished": 1}, "1 vehicle had not arrived"), ({"teleports": 36}, "36 of 7,000 vehicles were lifted")],
)
def test_a_run_that_got_stuck_is_no_result_and_is_listed(changed: dict[str, int], why: str) -> None:
    runs = [*some_runs({"none": (100, 110), "lotse": (60,)}), a_run(a_key("lotse", 2), 900, **changed)]
    study = a_study(runs)
    assert harm_h(study.runs, "closure", "lotse", 0.7) == {1: -40}
    assert "**1 of 2** | 60.0 |" in write_scenarios(study)
    assert f"smalltown-closure-lotse-2-70.json`: {why}" in write_counts(study)
    assert "1 run, 1 of them Lotse's, got stuck" in tell(study)


def test_few_teleports_do_not_make_a_run_worthless() -> None:
    assert sort_out([a_run(a_key("none"), teleports=35)], [a_key("none")]).rejected == ()


def test_missing_seeds_are_named() -> None:
    study = a_study(some_runs(GOOD), [a_key("lotse", 3), a_key("lotse", 4), a_key("naive", 1)])
    assert "Missing: closure lotse 0.7 seed 3, 4; closure naive 0.7 seed 1." in write_counts(study)
    assert "**lotse** | **2 of 4** |" in write_scenarios(study)
    assert "naive | **0 of 1** | - |" in write_scenarios(study)
    assert "**3 runs of 11 are missing**" in tell(study)


def test_messages_that_no_driver_could_be_told_are_counted() -> None:
    runs = [a_run(a_key("lotse", seed), details={"messages_left_out": {"no way": seed, "late": 0}}) for seed in (1, 2)]
    assert "**Messages that no driver could be told**: no way 3." in write_counts(a_study(runs))


def test_results_that_were_not_planned_count_nowhere() -> None:
    runs = sort_out(some_runs({"none": (100, 110)}), [a_key("none", 1)])
    assert list(runs.good) == [a_key("none", 1)]
    assert runs.unplanned == (a_key("none", 2),)


def test_no_guidance_is_the_same_at_any_compliance() -> None:
    runs = [a_run(a_key("none", 1, compliance=0.0), 100), a_run(a_key("lotse", 1, compliance=0.3), 80)]
    study = a_study([*runs, a_run(a_key("lotse", 1), 60)])
    assert harm_h(study.runs, "closure", "lotse", 0.3) == {1: -20}
    assert harm_h(study.runs, "closure", "lotse", 0.7) == {1: -40}
    assert study.runs.compliances == [0.3, 0.7]
    assert "| closure | **lotse** | 80.0 (-) | 60.0 (-) |" in write_compliances(study)


def test_figures_with_targets() -> None:
    slow = some_runs({"none": (136, 136), "lotse": (120, 120), "equilibrium": (69, 69)}, "slow")
    figures = measure(a_study([*some_runs(GOOD), *slow]), {"B5_mae_gain_pct": 26.0})
    assert figures["B1_share_070"] == pytest.approx(16 / 67)
    assert figures["B1_share_070_closure"] == pytest.approx(2 / 3)
    assert figures["B1_share_030"] is None
    assert figures["B1_over_static_vehh"] == -25
    assert figures["B2_worst_vehh"] == -16
    verdicts = {row[0]: row[-1] for row in target_rows(figures)}
    assert verdicts["B1_share_070"] == "**missed**"
    assert verdicts["B1_share_030"] == "**not measured**"
    assert verdicts["B5_mae_gain_pct"] == "met"
    assert verdicts["B2_worst_vehh"] == "met"


def test_every_target_is_kept_even_without_a_run() -> None:
    figures = measure(a_study([]), figures_of({}))
    assert {target.name for target in TARGETS} <= figures.keys()
    assert {row[-1] for row in target_rows(figures)} == {"**not measured**"}


def test_half_a_pair_of_scenarios_is_no_b1() -> None:
    assert measure(a_study(some_runs(GOOD)), {})["B1_share_070"] is None


def test_minor_streets_are_compared_by_what_is_added() -> None:
    kilometres = {"none": 3000.0, "lotse": 3010.0, "naive": 3040.0}
    runs = [a_run(a_key(policy), minor_km=km) for policy, km in kilometres.items()]
    assert measure(a_study(runs), {})["B4_minor_vs_naive"] == pytest.approx(0.25)


def test_an_order_that_turned_round_is_named() -> None:
    before = {"none": 222.0, "naive": 282.0, "individual": 155.0}
    assert tell_order(before, {"none": 200, "naive": 250, "individual": 150}) == "**order kept** (3 of 3 pairs)"
    said = tell_order(before, {"none": 200, "naive": 180, "individual": 150})
    assert said == "**order not kept** (2 of 3 pairs are): outside, none was better than naive"


def test_near_ties_and_policies_that_were_not_run_have_no_order() -> None:
    assert swapped({"none": 36, "individual": 38, "naive": 99}, {"none": 38, "individual": 36}) == ([], 0)


def test_a_signs_morning_has_its_gaps() -> None:
    said = ((900, "S1", ("A",)), (960, "S2", ("B",)), (1800, "S1", ()), (2400, "S1", ("A", "C")))
    ours, silent = a_run(a_key("lotse"), displays=said), a_run(a_key("naive"))
    assert busiest_sign(ours) == "S1"
    assert busiest_sign(silent) is None
    morning = morning_of("S1", {"lotse": ours, "naive": silent}, [INCIDENT])
    spans = [(each.from_s, each.until_s, each.text) for each in morning.said["lotse"]]
    assert spans == [(900, 1800, "A"), (2400, morning.end_s, "A / C")]
    assert morning.end_s > INCIDENT.end_s
    assert morning.said["naive"] == ()
    assert "| 2 | A / C | lotse |" in write_texts(morning)


def test_corridors_are_read_once_each() -> None:
    told = [{"sign_id": "S1", "corridor": ["ab", "be"]}] * 2
    assert corridors_of(a_run(a_key("lotse"), details={"corridors": told})) == {"S1": (("ab", "be"),)}
    assert corridors_of(a_run(a_key("lotse"))) == {}


def test_a_missing_estimation_is_said_with_the_command() -> None:
    said = write_estimates(read_estimates(None), None)
    assert said.startswith("**Missing")
    assert "-m evaluation.estimation" in said


def test_estimates_are_tables_whatever_their_methods() -> None:
    found = {"table": {"hidden": {"ours": 8.1, "free flow": None}}, "onsets": {"precision": 0.5, "told": 12}}
    said = write_estimates(found, None)
    assert "| hidden | 8.10 | - |" in said
    assert "| precision | 0.50 |" in said
    assert "| told | 12 |" in said


def test_numbers_are_written_for_people() -> None:
    assert [number(1234.5, 1), number(-0.04, 1), number(-3), number(None)] == ["1,234.5", "0.0", "−3", "-"]  # noqa: RUF001
    assert [signed(2.0, 1), signed(0.01, 1), signed(-2)] == ["+2.0", "0.0", "−2"]  # noqa: RUF001
    assert percent(-0.483) == "−48 %"  # noqa: RUF001
    assert listed(["a", "b", "c"]) == "a, b and c"
