import pytest
import torch

import lrprism as lp
from lrprism.composites import AbstractComposite
from lrprism.errors import InputError
from lrprism.evaluation.benchmarks import state


@pytest.fixture(scope="module")
def data() -> state.Series:
    return state.make_data(0, 300, 60)


def test_the_hidden_state_decides_the_mean_and_the_truth(data: state.Series) -> None:
    hidden = data.truth.long().argmax(2) - 1
    assert data.truth.sum(2).eq(1).all()
    assert not data.truth[..., 0].any()  # the first series never decides
    for value in (0, 1):
        torch.testing.assert_close(data.x[hidden == value].mean(0), state.MEANS[value], atol=0.05, rtol=0)
        assert data.x[hidden == value].var(0).sub(0.801).abs().max() < 0.05


def test_labels_follow_the_deciding_series(data: state.Series) -> None:
    deciding = data.x[data.truth].view(data.y.shape)
    for low, high in ((-1.0, -0.5), (0.0, 0.5), (1.0, 1.5)):
        chosen = (deciding > low) & (deciding < high)
        expected = (2 * deciding[chosen]).sigmoid().mean()
        assert abs(data.y[chosen].double().mean() - expected) < 0.05


def test_states_stay_and_tire(data: state.Series) -> None:
    hidden = data.truth.long().argmax(2) - 1
    changed = hidden[:, 1:] != hidden[:, :-1]
    assert abs(changed[hidden[:, :-1] == 0].double().mean() - 0.05) < 0.01
    # state 1 ends earlier the longer it lasts
    assert changed[hidden[:, :-1] == 1].double().mean() > 0.055
    assert torch.equal(data.switches.any(2)[:, 1:], changed)
    assert (data.switches & ~data.truth).sum() == 0


@pytest.mark.parametrize("composite", [lp.presets.Epsilon(), lp.presets.AttnLRP(1e-6)])
def test_the_last_step_has_the_relevance_that_the_whole_series_gives_it(composite: AbstractComposite) -> None:
    torch.manual_seed(0)
    model, x = state.StateGRU(8).eval(), torch.randn(3, 5, 3)

    def explain(
        last: state.LastStep, inputs: tuple[torch.Tensor, torch.Tensor], target: torch.Tensor
    ) -> torch.Tensor:
        relevance: torch.Tensor = lp.LRP(last, composite).explain(inputs, target).relevance[0]
        return relevance

    relevance = state.explain_steps(explain, model, x)
    for step in range(1, 5):  # in front of the first, the state is a constant for the whole network
        whole = lp.LRP(model, composite).explain(x[:, : step + 1]).relevance
        torch.testing.assert_close(relevance[:, step], whole[:, -1])


def test_the_score_is_that_of_sizes_scaled_within_each_series() -> None:
    truth = torch.tensor([[[0, 1, 0], [0, 0, 1]]]).bool().repeat(2, 1, 1)
    switches = truth.clone()
    switches[:, 1] = False
    data = state.Series(torch.zeros(2, 2, 3), torch.zeros(2, 2).long(), truth, switches)
    right = torch.where(truth, -2.0, 0.5)
    right[1] *= 1000  # of another size, which does not count
    assert state.score(right, data) == dict.fromkeys(
        ("AUROC", "AUPRC", "AUROC at switches", "AUPRC at switches"), pytest.approx(1.0)
    )
    wrong_once = right.clone()
    wrong_once[:, 1] = wrong_once[:, 1].flip(-1)
    scores = state.score(wrong_once, data)
    assert scores["AUROC"] < 1
    assert scores["AUROC at switches"] == pytest.approx(1.0)
    with pytest.raises(InputError, match=r"shape of the series, \(2, 2, 3\)\. Found \(2, 2\)"):
        state.score(right[..., 0], data)


def test_folds_leave_out_a_fifth_and_training_is_seeded() -> None:
    data = state.make_data(1, 20, 10)
    models = [state.train(data, fold, epochs=1, hidden=4) for fold in (0, 0, 1)]
    weights = [model.gru.weight_ih_l0 for model in models]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert not models[0].training
