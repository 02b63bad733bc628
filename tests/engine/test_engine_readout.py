"""Relevance at the outputs of modules that are one op with another."""

import pytest
import torch
from torch import Tensor, nn

import expected_warnings
import lrprism as lp
from lrprism import presets


def lively(norm: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    norm.running_mean.normal_()
    norm.running_var.uniform_(0.5, 2.0)
    norm.weight.data.normal_()
    norm.bias.data.normal_()
    return norm.double().eval()


X = torch.rand(4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("audit", [False, True])
def test_a_layer_merged_with_the_batch_norm_behind_it_has_the_relevance_of_both(*, audit: bool) -> None:
    torch.manual_seed(0)
    first, last = nn.Linear(3, 5).double(), nn.Linear(5, 2).double()
    model = nn.Sequential(first, lively(nn.BatchNorm1d(5)), nn.ReLU(), last)
    found = lp.LRP(model, presets.Epsilon(0)).explain(X, layers=["0", "1"], audit=audit).layers
    # LRP-0 behind it is gradient times activation at the batch norm's output
    z = model[:2](X).detach().requires_grad_()
    output = model[2:](z)
    (g,) = torch.autograd.grad(output.amax(1).sum(), z)
    for path in ("0", "1"):
        torch.testing.assert_close(found[path], (z * g).detach())


@pytest.mark.parametrize("audit", [False, True])
def test_a_batch_norm_merged_with_the_layer_behind_it_has_what_both_hand_down(*, audit: bool) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(3, 4).double(),
        nn.ReLU(),
        lively(nn.BatchNorm1d(4)),
        nn.Linear(4, 5).double(),
        lively(nn.BatchNorm1d(5)),
        nn.Linear(5, 2).double(),
    )
    found = lp.LRP(model, presets.Epsilon(0)).explain(X, layers=["*"], audit=audit).layers
    torch.testing.assert_close(found["2"], found["1"])
    torch.testing.assert_close(found["3"], found["4"])
    assert found["2"].any()


def test_a_layer_that_feeds_two_batch_norms_has_the_relevance_of_both() -> None:
    class Fork(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.layer = nn.Linear(3, 5).double()
            self.a, self.b = lively(nn.BatchNorm1d(5)), lively(nn.BatchNorm1d(5))

        def forward(self, x: Tensor) -> Tensor:
            z = self.layer(x)
            return self.a(z) + 2 * self.b(z)

    found = lp.LRP(Fork(), presets.Epsilon(0)).explain(X, torch.ones_like, layers=["*"]).layers
    torch.testing.assert_close(found["layer"], found["a"] + found["b"])


@expected_warnings.LOGITS_BEHIND
def test_a_masked_score_has_no_relevance() -> None:
    class Mask(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.masked_fill(torch.tensor([True, False, False]), float("-inf"))

    model = nn.Sequential(Mask(), nn.Softmax(1))
    found = lp.LRP(model).explain(X, lambda s: torch.eye(3)[[1, 1, 2, 2]].to(s), layers=["0"]).layers["0"]
    assert not found[:, 0].any()
    assert found[:, 1:].all()


def test_a_module_that_returns_an_object_of_its_own() -> None:
    class Result:
        def __init__(self, values: Tensor) -> None:
            self.values = values

    class Inner(nn.Module):
        def forward(self, x: Tensor) -> Result:
            return Result(2 * x)

    class Outer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = Inner()

        def forward(self, x: Tensor) -> Tensor:
            return self.inner(x).values

    found = lp.LRP(Outer()).explain(X, torch.ones_like, layers=["inner"])
    torch.testing.assert_close(found.layers["inner"], 2 * X)
