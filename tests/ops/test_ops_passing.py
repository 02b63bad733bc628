"""Elementwise functions on the way back, without a model around them."""

import pytest
import torch
from torch import Tensor

from lrprism.ops.passing import pass_on
from small_models import close

A = torch.tensor([0.0, 2.0, -4.0], dtype=torch.float64)


def carry_back(a: Tensor, value: Tensor, g: Tensor, **options: object) -> Tensor:
    a = a.clone().requires_grad_()
    (c,) = torch.autograd.grad(pass_on(a, value, "square", **options), a, g)
    return c


def test_relevance_of_each_entry_passes_unchanged() -> None:
    # f(a) = a^2 + 1: at 2 it is 5, so g = 3 is relevance 15 = 2 * 7.5; at -4 it is 17: 17 * 1 = -4 * -4.25
    g = torch.tensor([1.0, 3.0, 1.0], dtype=torch.float64)
    close(carry_back(A, A**2 + 1, g), torch.tensor([0, 7.5, -4.25], dtype=torch.float64))


def test_a_ratio_stands_for_the_value() -> None:
    g = torch.tensor([1.0, 3.0, 1.0], dtype=torch.float64)
    passed = carry_back(A, A**2, g, ratio=torch.clone)  # a^2 / a = a
    close(passed, g * A)


def test_half_precision_does_not_overflow() -> None:
    a = torch.tensor([1e-4, -1e-4], dtype=torch.float16)
    c = carry_back(a, torch.tensor([60000.0, 60000.0], dtype=torch.float16), torch.ones(2).half())
    assert c.dtype is torch.float16
    assert c.tolist() == [65504, -65504]  # the largest numbers of the type, not infinity


def test_relevance_of_complex_numbers_is_real() -> None:
    # value = i a: relevance Re(conj(i a) g) with a = 2 + i, g = 1: Re(-1 - 2i) = -1 = Re(conj(a) c)
    a = torch.tensor([2 + 1j], dtype=torch.complex128)
    c = carry_back(a, 1j * a, torch.ones(1, dtype=torch.complex128))
    assert (a.conj() * c).real.item() == pytest.approx(-1)
    assert (a.conj() * c).imag.item() == pytest.approx(0)
