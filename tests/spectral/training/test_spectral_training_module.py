import math

import pytest
import torch
from torch import nn

from lrprism.errors import ModelError
from lrprism.spectral.training import Devices, TrainingConfig, evaluate, fit, predict
from small_trainings import blobs, small_model

CPU = Devices("cpu")


@pytest.mark.parametrize(("classes", "outputs"), [(3, 3), (2, 1)])
def test_half_precision_trains_and_leaves_weights_and_validation_in_full(classes: int, outputs: int) -> None:
    model, validation, seen = small_model(outputs), blobs(60, classes, 1), set()
    model[0].register_forward_hook(lambda module, _, output: seen.add((module.training, output.dtype)))
    config = TrainingConfig(epochs=8, batch_size=16, learning_rate=0.1, devices=CPU, precision="bf16-mixed")
    result = fit(model, blobs(120, classes, 0), validation, config, progress=False)
    assert seen == {(True, torch.bfloat16), (False, torch.float32)}
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert all(math.isfinite(record.training_loss) for record in result.history)
    assert result.best.scores["macro_f1"] > 0.9
    metrics = evaluate(predict(model, validation), validation.tensors[1])
    assert metrics.macro_f1 == pytest.approx(result.best.scores["macro_f1"], abs=1e-7)


def test_adadelta_takes_the_steps_of_torch_s() -> None:
    train, model, twin = blobs(8, 3, 0), nn.Linear(2, 3), nn.Linear(2, 3)
    twin.load_state_dict(model.state_dict())
    config = TrainingConfig(
        epochs=1, batch_size=8, optimizer="adadelta", learning_rate=1.0, weight_decay=0, devices=CPU,
        class_weights=False, centre_gradients=False,
    )  # fmt: skip
    fit(model, train, train, config, progress=False)
    optimizer = torch.optim.Adadelta(twin.parameters(), lr=1.0)
    nn.functional.cross_entropy(twin(train.tensors[0]), train.tensors[1]).backward()
    optimizer.step()
    for one, other in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_a_loss_that_is_not_finite_is_an_error() -> None:
    train = blobs(12, 3, 0)
    train.tensors[0][3] = float("nan")
    config = TrainingConfig(epochs=1, devices=CPU)
    with pytest.raises(
        ModelError, match=r"loss should be finite\. Found nan in epoch 1, batch [12]\. Check the data"
    ):
        fit(small_model(), train, blobs(12, 3, 1), config, progress=False)
