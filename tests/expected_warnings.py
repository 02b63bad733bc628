"""Marks for tests whose networks are of the kind that explanations warn of, on purpose or by chance.

A network of random weights may lose all relevance to its biases, and a rule is tested on one dense layer.
"""

import pytest


def _expected(start: str) -> pytest.MarkDecorator:
    return pytest.mark.filterwarnings(f"ignore:{start}:lrprism.RelevanceWarning")


LITTLE_ARRIVES = _expected("at least 1% of what is explained should arrive")
LOGITS_BEHIND = _expected(r"(logits|what stands in front of \w+) should be explained")
OUTSIDE_THE_BOX = _expected("inputs should lie between low and high of ZBox")
NO_CONVOLUTION = _expected(r"\w+ should meet a convolution")
RANDOM = _expected("random numbers should be off")
IDLE_OPS = _expected("ops should name functions that the model calls")
FLAT_ON_A_DENSE_LAYER = _expected("Flat should serve a layer that sees the input in windows")
NOT_IN_FULL = _expected(r"relevance of a difference should add up to f\(x\) - f\(reference\)")
