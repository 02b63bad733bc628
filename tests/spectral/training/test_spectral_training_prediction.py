from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from lrprism.errors import DataError
from lrprism.spectral.training import predict


def test_logits_come_in_order_whatever_the_batch_size() -> None:
    model, inputs = nn.Linear(3, 2), torch.rand(7, 3)
    expected = model(inputs).detach()
    for batch_size in (1, 3, 100):
        torch.testing.assert_close(predict(model, inputs, batch_size=batch_size), expected)


def test_datasets_of_inputs_or_pairs_will_do() -> None:
    model, inputs = nn.Linear(3, 2), torch.rand(5, 3)
    expected = predict(model, inputs)
    pairs: Any = TensorDataset(inputs, torch.arange(5))
    assert torch.equal(predict(model, pairs), expected)
    assert torch.equal(predict(model, list(inputs)), expected)  # type: ignore[arg-type]


def test_dropout_and_batch_norm_are_in_evaluation_mode_and_come_back() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Dropout(0.5))
    model[1].eval()
    inputs = torch.rand(5, 3)
    first = predict(model, inputs)
    assert torch.equal(predict(model, inputs), first)
    assert not first.requires_grad
    assert [module.training for module in model.modules()] == [True, True, False, True]
    assert model[1].num_batches_tracked == 0


def test_the_model_comes_back_as_it_was_after_an_error() -> None:
    model = nn.Sequential(nn.Linear(3, 3))
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        predict(model, torch.rand(2, 4), device="cpu")
    assert model.training
    assert model[0].training


def test_nothing_to_predict_is_refused() -> None:
    with pytest.raises(
        DataError, match=r"should hold at least 1 sample\. Found none\. Check the selection\."
    ):
        predict(nn.Linear(3, 2), torch.zeros(0, 3))
