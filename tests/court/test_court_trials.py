from court.trials import TRIALS


def test_every_benchmark_says_where_it_comes_from_and_what_differs() -> None:
    assert len({trial.name for trial in TRIALS}) == len(TRIALS)
    for trial in TRIALS:
        assert trial.same.startswith(("yes", "no: "))
        assert trial.source
        groups = {case.partition("/")[0] for case in trial.cases if "/" in case} or {""}
        assert {goal.group for goal in trial.goals} <= groups
        assert {place for place, _, _ in trial.published} <= groups
        assert {goal.metric for goal in trial.goals} | set(trial.errors) <= set(trial.metrics)
        for _, _, numbers in trial.published:
            assert numbers.keys() <= set(trial.metrics)
