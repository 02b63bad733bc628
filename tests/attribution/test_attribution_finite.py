"""NaN and inf in weights, in what a model returns and in relevance."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

import lrprism as lp
from function_models import FunctionModel
from lrprism import presets

X = torch.tensor([[1.0, 2.0], [3.0, 4.0]])


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 3)).eval()


OPTIONS: list[dict[str, Any]] = [{}, {"batch_size": 1}, {"audit": True}, {"target": "all"}, {"layers": ["3"]}]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("number", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("path", ["0.weight", "3.bias", "1.running_mean"])
def test_a_weight_is_named_by_its_path_and_index(path: str, number: float, options: dict[str, Any]) -> None:
    model = network()
    tensor = model.get_parameter(path) if "running" not in path else model.get_buffer(path)
    with torch.no_grad():
        tensor[(-1,) * tensor.dim()] = number
    index = tuple(size - 1 for size in tensor.shape)
    if path == "1.running_mean" and number == torch.inf:  # a ReLU hides what comes of it
        return
    message = f"^weights should be finite\\. Found {number} in {path} at index {index}\\.$".replace(
        "(", r"\("
    ).replace(")", r"\)")
    if path == "1.running_mean" and number == -torch.inf:
        message = "^the model's output should be finite"
    with pytest.raises(lp.ModelError, match=message):
        lp.LRP(model).explain(X, **{"target": 2, **options})


OUTPUTS: dict[str, tuple[Callable[..., Any], str]] = {
    "a root": (lambda _, x: (x - 2).sqrt(), r"Found nan at index \(0, 0\)"),
    "a logarithm": (lambda _, x: (x - 1).log(), r"Found -inf at index \(0, 0\)"),
    "a division": (lambda _, x: x / (x - x.detach()), r"Found inf at index \(0, 0\)"),
}


@pytest.mark.parametrize("what", OUTPUTS)
def test_an_output_that_is_not_finite(what: str) -> None:
    function, finding = OUTPUTS[what]
    message = (
        rf"^the model's output should be finite\. {finding}\. Look in forward for a division .*float32\.$"
    )
    with pytest.raises(lp.ModelError, match=message):
        lp.LRP(FunctionModel(function)).explain(X, 0)


def test_nan_in_an_output_that_is_not_explained_is_refused_and_a_mask_is_not() -> None:
    mask = torch.tensor([0.0, -torch.inf])
    masked = lp.LRP(FunctionModel(lambda _, x: x + mask), presets.Epsilon(0))
    for options in ({}, {"batch_size": 1}, {"layers": [""]}):
        assert masked.explain(X, 0, **options).relevance.tolist() == [[1.0, 0.0], [3.0, 0.0]]
        assert masked.explain(X, **options).relevance.tolist() == [[1.0, 0.0], [3.0, 0.0]]
    for target in (1, "all", lp.target.contrast(0, 1)):
        with pytest.raises(lp.ModelError, match=r"output should be finite\. Found -inf at index \(0, 1\)"):
            masked.explain(X, target)
    with pytest.raises(lp.ModelError, match=r"output should be finite\. Found nan at index \(0, 1\)"):
        lp.LRP(FunctionModel(lambda _, x: x * torch.tensor([1.0, torch.nan]))).explain(X, 0)


def test_a_mask_in_a_buffer_is_not_taken_for_the_cause() -> None:
    model = FunctionModel(lambda m, x: (m.layer(x) + m.mask) / 0, layer=nn.Linear(2, 2))
    model.register_buffer("mask", torch.full((2,), -torch.inf))
    with pytest.raises(lp.ModelError, match=r"^the model's output should be finite\. Found -?inf at index"):
        lp.LRP(model).explain(X, 0)
    model.layer.weight.data[1, 0] = torch.nan
    with pytest.raises(
        lp.ModelError, match=r"^weights should be finite\. Found nan in layer.weight at index \(1, 0\)"
    ):
        lp.LRP(model).explain(X, 0)


def test_a_callable_that_sees_nan_is_not_blamed() -> None:
    model = network()
    model[0].weight.data[0, 0] = torch.nan
    with pytest.raises(lp.ModelError, match=r"^weights should be finite\. Found nan in 0.weight"):
        lp.LRP(model).explain(X, lambda z: z)
    with pytest.raises(lp.TargetError, match="a callable target should return a finite seed"):
        lp.LRP(network()).explain(X, lambda z: z / 0)


def test_relevance_that_is_not_finite() -> None:
    # 200 * 300 and -59990 cancel to 10; what each contributes times its weight of 10 leaves the range of half
    layer = nn.Linear(2, 1, bias=False, dtype=torch.float16)
    layer.weight.data = torch.tensor([[300.0, -300.0]], dtype=torch.float16)
    x = torch.tensor([[200.0, 199.0]], dtype=torch.float16)
    message = r"^relevance should be finite\. Found -?inf at index \(0, 0\)\. A number was too large for "
    with pytest.raises(lp.ModelError, match=message):
        lp.LRP(layer, presets.Epsilon(0)).explain(x, lambda z: torch.full_like(z, 10.0))


def test_sums_beyond_the_range_are_no_fault() -> None:
    x = torch.full((1, 40), 60.0, dtype=torch.float16)
    model = FunctionModel(lambda _, x: x * torch.full((40,), 1000.0, dtype=torch.float16))
    explanation = lp.LRP(model, presets.Epsilon(0)).explain(x, torch.ones_like)  # 40 times 60000
    assert explanation.relevance.isfinite().all()
    wide = lp.LRP(FunctionModel(lambda _, x: x * 1.0)).explain(torch.full((1, 4), 3e38), torch.ones_like)
    assert wide.relevance.isfinite().all()


def test_no_sample_is_finite() -> None:
    assert lp.LRP(network()).explain(torch.empty(0, 2), 0).relevance.shape == (0, 2)
