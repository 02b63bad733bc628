"""Scores of signed relevance against signed truth that several benchmarks share."""

import torch
from torch import Tensor

from lrprism.errors import InputError


def cosine(relevance: Tensor, truth: Tensor) -> Tensor:
    """Return the cosine of each sample's relevance and truth, ``[N]``; 0 where one of them is 0 everywhere.

    Args:
        relevance: ``[N, ...]``.
        truth: Of the same shape.

    Raises:
        InputError: If the shapes differ.
    """
    check_shape(relevance, truth)
    a, b = relevance.double().flatten(1), truth.double().flatten(1)
    norms = a.norm(dim=1) * b.norm(dim=1)
    cosines: Tensor = (a * b).sum(1) / norms.where(norms > 0, torch.ones_like(norms))
    return cosines


def correlate(relevance: Tensor, truth: Tensor) -> Tensor:
    """Return Pearson's correlation of each sample's relevance and truth, ``[N]``; 0 where one is constant.

    Args:
        relevance: ``[N, ...]``.
        truth: Of the same shape.

    Raises:
        InputError: If the shapes differ.
    """
    check_shape(relevance, truth)
    a, b = relevance.double().flatten(1), truth.double().flatten(1)
    return cosine(a - a.mean(1, keepdim=True), b - b.mean(1, keepdim=True))


def check_shape(relevance: Tensor, truth: Tensor) -> None:
    """Refuse relevance of another shape than the truth.

    Raises:
        InputError: If the shapes differ.
    """
    if relevance.shape != truth.shape:
        shapes = f"{tuple(truth.shape)}. Found {tuple(relevance.shape)}"
        raise InputError(f"relevance should have the shape of the truth, {shapes}.")
