import json
from dataclasses import asdict

import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from lrprism.errors import DataError, InputError, ModelError
from lrprism.spectral.preprocessing.output_scale import OutputScale
from lrprism.spectral.training import Devices, EpochRecord, Regression, TrainingConfig, fit
from lrprism.spectral.training.tasks.regression import TraitLoss, measure_traits

TASK = Regression(("N", "water"), ("%", ""))
OUTPUTS = torch.tensor([[1.0, 10.0], [2.0, 30.0], [4.0, 20.0]])
TARGETS = torch.tensor([[1.0, 10.0], [3.0, 20.0], [5.0, 30.0]], dtype=torch.float64)


def test_the_loss_is_of_standardised_traits() -> None:
    # spreads 2 and 10: errors 0, -1, -1 over 2 and 0, 10, -10 over 10: (1/4 + 1/4 + 1 + 1) / 6
    loss = TraitLoss(torch.tensor([2.0, 10.0]))(OUTPUTS, TARGETS)
    torch.testing.assert_close(loss, torch.tensor(2.5 / 6))
    training, validation = TASK.build_losses(TARGETS, 2, TrainingConfig())
    # population deviations sqrt(8 / 3) and sqrt(200 / 3)
    torch.testing.assert_close(training.scale, torch.tensor([8 / 3, 200 / 3], dtype=torch.float64).sqrt())
    torch.testing.assert_close(validation(OUTPUTS, TARGETS), training(OUTPUTS, TARGETS))


def test_a_trait_that_does_not_vary_has_scale_one() -> None:
    mean, scale = measure_traits(torch.tensor([[1.0, 7.0], [3.0, 7.0]]))
    assert mean.tolist() == [2, 7]
    assert scale.tolist() == [1, 1]


def test_scores_are_kept_by_the_names_of_the_traits_and_come_back() -> None:
    scores = TASK.evaluate(OUTPUTS, TARGETS)
    record = TASK.record_scores(scores)
    assert record["samples"] == 3
    # N: squared errors 2, spread 8
    assert record["traits"]["N"]["r2"]["value"] == pytest.approx(1 - 2 / 8)
    assert record["traits"]["N"]["unit"] == "%"
    assert TASK.read_scores(json.loads(json.dumps(asdict(scores)))) == scores
    quantities = [(quantity, name) for quantity, name, _ in TASK.list_quantities(scores)]
    assert quantities == [(q, n) for n in TASK.names for q in ("r2", "rmse", "rpd", "bias")]
    with pytest.raises(InputError, match=r"of the 1 traits named\. Found one of 2\. Give the names"):
        list(Regression(("N",), ("%",)).list_quantities(scores))


def test_the_test_is_said_with_units_and_intervals() -> None:
    single = Regression(("N",), ("%",))
    known = {"value": 0.75, "low": 0.5, "high": 0.875}
    unknown = {"value": None, "low": None, "high": None}
    trait = {"unit": "%", "r2": known, "rmse": known, "rpd": unknown, "bias": {**known, "low": None}}
    assert single.describe_test({"traits": {"N": trait}}) == (
        "N: R2 0.75 [0.5, 0.875], RMSE 0.75 % [0.5, 0.875], RPD not known, bias 0.75 %"
    )
    assert single.find_doubt({"samples": 9, "traits": {"N": trait}}) is None
    doubtful = {**trait, "r2": {**known, "low": -0.1}}
    assert single.find_doubt({"samples": 9, "traits": {"N": doubtful}}) == (
        "it is not sure that the network predicts better than the mean, which has R2 0: N with R2 0.75 "
        "[-0.1, 0.875] on 9 test samples"
    )


def test_the_best_epoch_is_that_of_the_lowest_loss() -> None:
    scores = TASK.score_epoch(OUTPUTS, TARGETS)
    assert scores == pytest.approx({"rmse of N": (2 / 3) ** 0.5, "rmse of water": (200 / 3) ** 0.5})
    epochs = [EpochRecord(n, 1.0, loss, scores, 1.0) for n, loss in ((1, 0.5), (2, 0.25), (3, 0.75))]
    assert max(epochs, key=TASK.rank_epoch).epoch == 2
    assert TASK.describe_epoch(epochs[0]) == "validation rmse of N 0.8165, rmse of water 8.165"


def test_the_task_comes_back_and_names_its_units() -> None:
    assert Regression.from_record(TASK.describe()) == TASK
    assert (TASK.name_unit(0), TASK.name_unit(1)) == ("%", "unit of water")


def test_targets_and_outputs_that_do_not_fit_are_refused() -> None:
    TASK.check(OUTPUTS, TARGETS, samples=3)
    with pytest.raises(ModelError, match=r"shape \(N, 2\), one number for each trait\. Found \(3, 1\)"):
        TASK.check(OUTPUTS[:, :1], TARGETS, samples=3)
    with pytest.raises(DataError, match=r"one row for each of 4 samples\. Found 3 rows"):
        TASK.check(OUTPUTS, TARGETS, samples=4)
    with pytest.raises(DataError, match=r"finite numbers, .* Found 3 rows of torch\.int64"):
        TASK.check(OUTPUTS, TARGETS.long(), samples=3)
    with pytest.raises(DataError, match="finite numbers"):
        TASK.check(OUTPUTS, TARGETS * float("nan"), samples=3)


def test_a_linear_network_learns_two_traits_of_very_different_size() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(200, 3, generator=generator)
    traits = (x @ torch.tensor([[1.0, 0.0], [0.5, 300.0], [0.0, -100.0]])).double()
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 2), OutputScale(2))
    model[1].set_statistics(*measure_traits(traits))
    config = TrainingConfig(
        epochs=20, batch_size=16, learning_rate=0.05, centre_gradients=False, devices=Devices("cpu")
    )
    data = TensorDataset(x, traits)
    result = fit(model, data, data, config, task=Regression(("a", "b"), ("", "")), progress=False)
    # spreads of 1.1 and 316
    assert result.best.scores["rmse of a"] < 0.02
    assert result.best.scores["rmse of b"] < 6
