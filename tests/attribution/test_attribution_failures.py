"""Failures of a model at its inputs, explained in the words of whoever gave them."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from function_models import check_refusal
from lrprism import presets
from small_models import Model

LRP_0 = presets.Epsilon(0)


def explain_by_lrp_0(model: nn.Module, inputs: Any, target: Any = torch.ones_like, **options: Any) -> Any:
    return lp.LRP(model, LRP_0, strict=True).explain(inputs, target, **options)


A, B = torch.tensor([[1.0, 4.0]]), torch.tensor([[0.5, -2.0]])


class OfOne(nn.Module):
    """Takes a dict as its one argument."""

    def forward(self, batch: dict[str, Any]) -> Tensor:
        return 2 * batch["a"] - 3 * batch["b"]


class SameName(nn.Module):
    def forward(self, a: dict[str, Any]) -> Tensor:
        return 2 * a["a"] - 3 * a["b"]


BATCH = {"a": torch.cat([A, 2 * A]), "b": torch.cat([B, B])}
OF_BATCH = {"a": [[2.0, 8.0], [4.0, 16.0]], "b": [[-1.5, 6.0], [-1.5, 6.0]]}


def as_lists(relevance: Any) -> Any:
    return {key: value.tolist() for key, value in relevance.items()}


def test_a_mapping_with_the_name_of_an_argument_is_taken_apart() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'b'") as caught:
        SameName()(**BATCH)
    with pytest.raises(lp.InputError) as refused:
        explain_by_lrp_0(SameName(), BATCH)
    assert str(refused.value) == (
        "inputs should be named as the arguments of forward: a. Found 'a', 'b': "
        f"{caught.value}. Try a mapping of these names, or ({{...}},) if the mapping is one argument."
    )
    assert as_lists(explain_by_lrp_0(SameName(), (BATCH,)).relevance[0]) == OF_BATCH  # the way out


@pytest.mark.parametrize(
    ("model", "inputs", "message"),
    [
        (
            nn.Linear(2, 1),
            {"x": A},
            "inputs should be named as the arguments of forward: input. Found 'x', and that it fails at the "
            "mapping as its one argument: linear(): argument 'input' (position 1) must be Tensor, not dict. "
            "Try a mapping of these names.",
        ),
        (
            nn.Bilinear(2, 2, 1),
            {"input1": A},
            "arguments of forward: input1, input2. Found 'input1': Bilinear.forward() missing 1 required",
        ),
        (
            nn.Bilinear(2, 2, 1),
            {"a": A, "b": B},
            "Found 'a', 'b': Bilinear.forward() got an unexpected keyword",
        ),
    ],
)
def test_keys_that_are_no_arguments(model: nn.Module, inputs: Any, message: str) -> None:
    with pytest.raises(lp.InputError) as caught:
        explain_by_lrp_0(model, inputs)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("model", "inputs", "note"),
    [
        (OfOne(), {"a": A}, "as one argument, since forward has no arguments of such names."),
        (SameName(), {"a": {"b": B}}, "as keyword arguments; ({...},) would make it one argument."),
    ],
)
def test_a_key_that_the_model_misses(model: nn.Module, inputs: Any, note: str) -> None:
    with pytest.raises(KeyError) as caught:
        explain_by_lrp_0(model, inputs)
    assert caught.value.__notes__ == [f"The model was given the mapping in inputs {note}"]


@pytest.mark.parametrize(
    ("model", "x", "message"),
    [
        (
            nn.Linear(2, 2, device="meta"),
            torch.ones(1, 2),
            "inputs should lie on the model's device meta. Found cpu. Try inputs.to('meta').",
        ),
        (
            nn.LayerNorm(2),
            torch.ones(1, 2).double(),
            "inputs should have the model's type torch.float32. Found torch.float64. "
            "Try inputs.to(torch.float32).",
        ),
        (
            nn.BatchNorm1d(2).half(),
            torch.ones(1, 2),
            "inputs should have the model's type torch.float16. Found torch.float32. "
            "Try inputs.to(torch.float16).",
        ),
    ],
)
def test_inputs_on_another_device_or_of_another_type_than_the_model(
    model: nn.Module, x: Tensor, message: str
) -> None:
    check_refusal(lp.InputError, message, lambda: lp.explain(model, x, 1))


def test_an_error_of_the_model_itself_comes_through_as_it_is() -> None:
    class OwnError(RuntimeError):
        pass

    def failing(_: Tensor) -> Tensor:
        raise OwnError("the model's own words")

    with pytest.raises(OwnError, match=r"^the model's own words$"):
        lp.explain(Model(failing), torch.ones(1, 2))
    with pytest.raises(RuntimeError, match="mat1 and mat2 shapes cannot be multiplied"):
        lp.explain(nn.Linear(3, 2), torch.ones(1, 2))
