"""What is driven, and what is set aside."""

from evaluation.plan import OPEN_SEEDS, SCENARIOS, SCENARIOS_SET_ASIDE, Plan, is_set_aside


def test_no_run_is_planned_twice_and_every_scenario_has_three_seeds_and_no_guidance_to_compare_with() -> None:
    runs = Plan("x").runs()
    assert len(runs) == len(set(runs))
    for scenario in SCENARIOS:
        silent = {run.seed for run in runs if run.scenario == scenario and run.policy == "none"}
        assert len(silent) >= 3
        for run in runs:
            if run.scenario == scenario:
                assert run.seed in silent


def test_half_of_the_scenarios_and_of_the_seeds_are_set_aside() -> None:
    runs = Plan("x").runs()
    assert 2 * len(SCENARIOS_SET_ASIDE) == len(SCENARIOS)
    open_runs = [run for run in runs if not is_set_aside(run)]
    assert {run.seed for run in open_runs} == set(OPEN_SEEDS)
    assert not {run.scenario for run in open_runs} & set(SCENARIOS_SET_ASIDE)
    assert {run.seed for run in runs if run.scenario in SCENARIOS_SET_ASIDE}.isdisjoint(OPEN_SEEDS)


def test_ours_stands_beside_the_others_in_every_scenario_and_at_low_compliance() -> None:
    runs = Plan("x").runs()
    ours = {run.scenario for run in runs if run.policy == "lotse"}
    assert ours == set(SCENARIOS)
    assert {run.compliance for run in runs if run.policy == "lotse"} == {0.2, 0.3, 0.7}


def test_the_quick_form_touches_nothing_that_is_set_aside() -> None:
    runs = Plan("x", quick=True).runs()
    assert 0 < len(runs) <= 12
    assert not any(map(is_set_aside, runs))
