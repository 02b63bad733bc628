"""Inputs in every form that a model takes, each with its relevance worked out by hand."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from function_models import FunctionModel
from lrprism import presets

LRP_0 = presets.Epsilon(0)


def explain_by_lrp_0(model: nn.Module, inputs: Any, target: Any = torch.ones_like, **options: Any) -> Any:
    return lp.LRP(model, LRP_0, strict=True).explain(inputs, target, **options)


def weigh(_: Any, a: Tensor, b: Tensor, *, scale: float = 1.0) -> Tensor:
    """z = 2 a - 3 b, times a number: R_a = 2 a scale, R_b = -3 b scale."""
    return (2 * a - 3 * b) * scale


A, B = torch.tensor([[1.0, 4.0]]), torch.tensor([[0.5, -2.0]])


def test_a_tuple_gives_a_tuple_with_the_relevance_of_each() -> None:
    relevance = explain_by_lrp_0(FunctionModel(weigh), (A, B)).relevance
    assert isinstance(relevance, tuple)
    assert [tensor.tolist() for tensor in relevance] == [[[2.0, 8.0]], [[-1.5, 6.0]]]


def test_a_tuple_of_one_stays_a_tuple() -> None:
    relevance = explain_by_lrp_0(FunctionModel(lambda _, a: 2 * a), (A,)).relevance
    assert isinstance(relevance, tuple)
    assert relevance[0].tolist() == [[2.0, 8.0]]


def test_a_mapping_gives_relevance_by_name_whatever_the_order() -> None:
    relevance = explain_by_lrp_0(FunctionModel(weigh), {"b": B, "a": A}).relevance
    assert {name: tensor.tolist() for name, tensor in relevance.items()} == {
        "a": [[2.0, 8.0]],
        "b": [[-1.5, 6.0]],
    }


def test_what_is_no_tensor_in_a_mapping_is_handed_on() -> None:
    relevance = explain_by_lrp_0(FunctionModel(weigh), {"a": A, "b": B, "scale": 10.0}).relevance
    assert {name: tensor.tolist() for name, tensor in relevance.items()} == {
        "a": [[20.0, 80.0]],
        "b": [[-15.0, 60.0]],
    }


def test_further_arguments_stand_behind_the_inputs_and_get_no_relevance() -> None:
    explanation = explain_by_lrp_0(FunctionModel(weigh), A, args=[B], kwargs={"scale": 10.0})
    assert explanation.output.tolist() == [[5.0, 140.0]]
    assert explanation.relevance.tolist() == [[20.0, 80.0]]


def test_keyword_arguments_stand_beside_named_inputs() -> None:
    relevance = explain_by_lrp_0(FunctionModel(weigh), {"b": B}, args=(A,), kwargs={"scale": 10.0}).relevance
    assert relevance["b"].tolist() == [[-15.0, 60.0]]
    assert set(relevance) == {"b"}


def test_a_bool_mask_in_a_mapping_is_a_constant() -> None:
    model = FunctionModel(lambda _, x, keep: torch.where(keep, 2 * x, torch.zeros_like(x)))
    relevance = explain_by_lrp_0(model, {"x": A, "keep": torch.tensor([[True, False]])}).relevance
    assert {name: tensor.tolist() for name, tensor in relevance.items()} == {"x": [[2.0, 0.0]]}


def test_a_named_tensor_with_a_graph_that_is_no_input_is_a_constant() -> None:
    pair = [torch.tensor([[3.0, 5.0]], requires_grad=True) * 1]
    model = FunctionModel(lambda _, x, factors: x * factors[0])
    explanation = explain_by_lrp_0(model, {"x": A}, kwargs={"factors": pair})
    assert explanation.relevance["x"].tolist() == [[3.0, 20.0]]


def test_an_input_that_the_output_does_not_need_gets_zeros() -> None:
    unused = explain_by_lrp_0(FunctionModel(lambda _, a, b: (2 * a, b)[0]), (A, B)).relevance[1]
    assert unused.tolist() == [[0.0, 0.0]]


def test_one_tensor_given_twice_gets_the_relevance_of_each_place() -> None:
    relevance = explain_by_lrp_0(FunctionModel(weigh), (A, A)).relevance
    assert [tensor.tolist() for tensor in relevance] == [[[2.0, 8.0]], [[-3.0, -12.0]]]


def test_inputs_of_different_shapes_and_types() -> None:
    # a column of bfloat16 spread over a row of float32: R_column = sum over the row
    column = torch.tensor([[2.0], [3.0]], dtype=torch.bfloat16)
    model = FunctionModel(lambda _, a, c: a + c.float())
    row, relevance = explain_by_lrp_0(model, (torch.ones(2, 4), column)).relevance
    assert torch.equal(row, torch.ones(2, 4))
    assert (relevance.dtype, relevance.tolist()) == (torch.bfloat16, [[8.0], [12.0]])


def test_a_sample_without_a_batch_needs_a_callable_target() -> None:
    layer = nn.Linear(2, 2, bias=False)
    layer.weight.data = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    explanation = explain_by_lrp_0(layer, torch.tensor([1.0, 10.0]), lambda _: torch.tensor([0.0, 1.0]))
    assert explanation.relevance.tolist() == [3.0, 40.0]
    with pytest.raises(lp.TargetError, match=r"an output \(N,\) .* Found shape \(2,\).*inputs\[None\]"):
        explain_by_lrp_0(layer, torch.tensor([1.0, 10.0]), 1)


def test_an_empty_batch_gives_empty_relevance() -> None:
    model = nn.Sequential(nn.Conv1d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2))
    explanation = lp.LRP(model).explain(torch.empty(0, 1, 6), audit=True)
    assert explanation.relevance.shape == (0, 1, 6)
    assert explanation.target.shape == (0,)
    assert (explanation.audit.explained, explanation.audit.reached) == (0.0, 0.0)


def make_form(form: str) -> Tensor:
    """The same numbers in another form: 3 samples, 2 channels, 4 x 4, all rows of a sample equal."""
    values = torch.rand(3, 2, 1, 4, generator=torch.Generator().manual_seed(1)) - 0.3
    whole = values.expand(3, 2, 4, 4)
    forms: dict[str, Callable[[], Tensor]] = {
        "contiguous": whole.contiguous,
        "expanded": lambda: whole,
        "channels last": lambda: whole.contiguous(memory_format=torch.channels_last),
        "transposed": lambda: whole.contiguous().transpose(2, 3).contiguous().transpose(2, 3),
        "a slice of more": lambda: torch.cat([whole, whole], 3)[..., :4],
        "needs grad": lambda: whole.clone().requires_grad_(),
        "with a graph": lambda: whole.clone().requires_grad_() * 1,
        "a parameter": lambda: nn.Parameter(whole.clone()),
        "a view of a leaf that needs grad": lambda: whole.clone().flatten().requires_grad_().view(3, 2, 4, 4),
    }
    return forms[form]()


FORMS = [
    "expanded",
    "channels last",
    "transposed",
    "a slice of more",
    "needs grad",
    "with a graph",
    "a parameter",
    "a view of a leaf that needs grad",
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("composite", [LRP_0, presets.EpsilonGamma(), presets.EpsilonPlusFlat()])
def test_the_form_of_a_tensor_changes_no_relevance(form: str, composite: Any) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4, 3)
    ).double()
    explainer = lp.LRP(model, composite)
    expected = explainer.explain(make_form("contiguous").double()).relevance
    x = make_form(form).double()
    relevance = explainer.explain(x).relevance
    torch.testing.assert_close(relevance, expected, rtol=1e-12, atol=1e-14)
    assert not relevance.requires_grad


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("form", ["contiguous", *FORMS])
def test_the_tensor_given_stays_as_it_was(form: str, *, fails: bool) -> None:
    def write_into(_: Any, x: Tensor) -> Tensor:
        y = x.contiguous().clone().mul_(2.0).flatten(1)
        if fails:
            raise ArithmeticError("in the middle of forward")
        return y

    x = make_form(form)
    before = (x.tolist(), x._version, x.requires_grad, x.is_leaf, x.grad_fn, x.stride(), x.data_ptr())
    hooks = x._backward_hooks
    if fails:
        with pytest.raises(ArithmeticError, match="in the middle of forward"):
            explain_by_lrp_0(FunctionModel(write_into), x)
    else:
        explain_by_lrp_0(FunctionModel(write_into), x, audit=True, layers=[""])
    assert (x.tolist(), x._version, x.requires_grad, x.is_leaf, x.grad_fn, x.stride(), x.data_ptr()) == before
    assert x._backward_hooks is hooks
    if x.is_leaf:
        assert x.grad is None


def test_a_graph_behind_an_input_is_left_alone() -> None:
    leaf = torch.tensor([[1.0, 2.0]], requires_grad=True)
    x = leaf * leaf
    explain_by_lrp_0(FunctionModel(lambda _, x: x.mul_(3.0)), x)
    assert leaf.grad is None
    x.sum().backward()  # the saved tensors are those of before
    assert leaf.grad.tolist() == [[2.0, 4.0]]


def test_an_input_made_in_inference_mode_is_explained_outside_of_it() -> None:
    with torch.inference_mode():
        x, ids = torch.tensor([[1.0, 2.0]]), torch.tensor([[1, 0]])
    assert explain_by_lrp_0(FunctionModel(lambda _, x: 3 * x), x).relevance.tolist() == [[3.0, 6.0]]
    table = nn.Embedding(2, 2)
    table.weight.data = torch.tensor([[1.0, 2.0], [10.0, 20.0]])
    assert explain_by_lrp_0(
        FunctionModel(lambda m, i: m.e(i).flatten(1), e=table), ids
    ).relevance.tolist() == [[30.0, 3.0]]


class OfOne(nn.Module):
    """Takes a dict as its one argument."""

    def forward(self, batch: dict[str, Any]) -> Tensor:
        return 2 * batch["a"] - 3 * batch["b"]


class OfOneAndMore(OfOne):
    def forward(self, batch: dict[str, Any], scale: float = 1.0, **options: Any) -> Tensor:
        assert not options
        return super().forward(batch) * scale


class Scaled(OfOne):
    def forward(self, batch: dict[str, Any], scale: float) -> Tensor:
        return super().forward(batch) * scale


BATCH = {"a": torch.cat([A, 2 * A]), "b": torch.cat([B, B])}
OF_BATCH = {"a": [[2.0, 8.0], [4.0, 16.0]], "b": [[-1.5, 6.0], [-1.5, 6.0]]}


def as_lists(relevance: Any) -> Any:
    return {key: value.tolist() for key, value in relevance.items()}


@pytest.mark.parametrize("options", [{}, {"audit": True}, {"batch_size": 1}], ids=str)
@pytest.mark.parametrize(
    "model",
    [OfOne(), OfOneAndMore(), nn.Sequential(OfOne(), nn.Identity())],
    ids=lambda each: type(each).__name__,
)
def test_a_mapping_is_one_argument_where_forward_has_none_of_its_keys(model: nn.Module, options: Any) -> None:
    assert as_lists(explain_by_lrp_0(model, BATCH, **options).relevance) == OF_BATCH
    assert as_lists(explain_by_lrp_0(model, (BATCH,), **options).relevance[0]) == OF_BATCH
    assert len(lp.LRP(model, LRP_0).plan(BATCH)) == len(lp.LRP(model, LRP_0).plan((BATCH,)))


def test_a_mapping_as_one_argument_beside_others() -> None:
    relevance = explain_by_lrp_0(Scaled(), {"a": A, "b": B}, args=(10.0,)).relevance
    assert as_lists(relevance) == {"a": [[20.0, 80.0]], "b": [[-15.0, 60.0]]}
    relevance = explain_by_lrp_0(OfOneAndMore(), {"a": A, "b": B}, kwargs={"scale": 10.0}).relevance
    assert as_lists(relevance) == {"a": [[20.0, 80.0]], "b": [[-15.0, 60.0]]}
    assert as_lists(explain_by_lrp_0(OfOne(), {"batch": BATCH}).relevance["batch"]) == OF_BATCH
