"""Indices into an output that do not fit it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from function_models import check_refusal

RANGE = "target should be a class from 0 to 2, as the model has 3. Found "
WHOLE = "target should hold whole numbers. Found "
KINDS = "target should be None, a class, one class per sample, 'all', each(...) or a callable. Found "
SEED = "a callable target should return a seed of the output's shape (2, 3). Found "
TARGETS: dict[str, tuple[Any, str]] = {
    "too large": (3, f"{RANGE}3."),
    "negative": (-1, f"{RANGE}-1."),
    "one of them too large": ([0, 7], f"{RANGE}7."),
    "one of them negative": (torch.tensor([-2, 1]), f"{RANGE}-2."),
    "each, too large": (lp.target.each(0, 5), f"{RANGE}5."),
    "contrast, too large": (lp.target.contrast(0, 3), f"{RANGE}3."),
    "contrast, negative": (lp.target.contrast(-1, 0), f"{RANGE}-1."),
    "True": (True, f"{WHOLE}torch.bool."),
    "a mask": ([True, False], f"{WHOLE}torch.bool."),
    "a fraction": (0.5, f"{WHOLE}torch.float32."),
    "float classes": (torch.tensor([0.0, 1.0]), f"{WHOLE}torch.float32."),
    "a complex number": (1j, f"{WHOLE}torch.complex64."),
    "too few": ([0], "target should be one class or one per sample (2). Found shape (1,)."),
    "too many": ([0, 1, 2], "target should be one class or one per sample (2). Found shape (3,)."),
    "a column": (torch.tensor([[0], [1]]), "one class or one per sample (2). Found shape (2, 1)."),
    "one-hot": (torch.eye(3).long()[:2], "one class or one per sample (2). Found shape (2, 3)."),
    "contrast, too few": (lp.target.contrast([0], 1), "one per sample (2). Found shape (1,)."),
    "another word": ("ALL", f"{KINDS}'ALL'."),
    "no word": ("", f"{KINDS}''."),
    "a seed per sample": (lambda z: z[:, 0], f"{SEED}(2,)."),
    "a seed that would broadcast": (lambda z: z[:1], f"{SEED}(1, 3)."),
    "a seed without dimensions": (lambda z: z.sum(), f"{SEED}()."),
    "no seed": (lambda _: None, f"{SEED}NoneType."),
    "an array": (lambda z: np.ones(tuple(z.shape)), f"{SEED}ndarray."),
}


@pytest.mark.parametrize("what", TARGETS)
def test_targets_that_do_not_fit(what: str) -> None:
    target, message = TARGETS[what]
    check_refusal(lp.TargetError, message, lambda: lp.explain(nn.Linear(4, 3), torch.rand(2, 4), target))


def test_each_without_a_class() -> None:
    check_refusal(
        lp.TargetError, "each() should name at least one class. Found none. Try each(0, 1).", lp.target.each
    )


@pytest.fixture
def classifier() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 8, bias=False), nn.ReLU(), nn.Linear(8, 3, bias=False)).double()


@pytest.fixture
def x() -> Tensor:
    return torch.randn(4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (3, r"target should be a class from 0 to 2, as the model has 3\. Found 3\."),
        (-1, r"target should be a class from 0 to 2, as the model has 3\. Found -1\."),
        ([0, 1], r"target should be one class or one per sample \(4\)\. Found shape \(2,\)\."),
        (1.0, r"target should hold whole numbers\. Found torch.float32\."),
        (
            "every",
            r"one class per sample, 'all', each\(\.\.\.\) or a callable\. Found 'every'\.",
        ),
        (
            lambda z: z[:, 0],
            r"a callable target should return a seed of the output's shape \(4, 3\)\. Found \(4,\)\.",
        ),
        (lambda _: 1, r"a callable target should return a seed of the output's shape \(4, 3\)\. Found int\."),
    ],
)
def test_bad_targets(
    classifier: nn.Module, x: Tensor, target: int | Callable[[Tensor], Tensor], message: str
) -> None:
    with pytest.raises(lp.TargetError, match=message):
        lp.explain(classifier, x, target)
