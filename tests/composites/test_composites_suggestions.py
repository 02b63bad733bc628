"""The selector that a message offers for what a user typed."""

import re
from typing import Any

import pytest
import torch
from torch import nn

import lrprism as lp
from lrprism import select
from lrprism.composites.suggestions import suggest
from lrprism.rules import Epsilon

ANY = "select.kind(select.Kind.CONVOLUTION), select.module('features.*') or select.last()"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (select.Kind.SOFTMAX, "select.kind(select.Kind.SOFTMAX)"),
        ("Average_Pooling", "select.kind(select.Kind.AVERAGE_POOLING)"),
        (nn.Linear, "select.module_type(nn.Linear)"),
        ("LayerNorm", "select.module_type(nn.LayerNorm)"),
        (nn.Linear(1, 1), "select.module('its path')"),
        (3, "select.module('3')"),
        ("features.*", "select.module('features.*')"),
        ("conv3d", "select.op('conv3d')"),
        (torch.conv2d, "select.op('conv2d')"),
        (select.last, "select.last()"),
        (("conv2d", 0), "select.op('conv2d') | select.module('0')"),
        (True, ANY),
        (None, ANY),
        ([], ANY),
        (len, ANY),
    ],
)
def test_the_selector_that_a_value_stands_for(value: Any, expected: str) -> None:
    assert suggest(value) == expected


@pytest.mark.parametrize(
    ("selector", "choice"),
    [
        (select.op("lineer"), "'lineer' among linear (perhaps 'linear')"),
        (select.module("fetures"), "'module fetures' among features.0, head (perhaps 'features.0')"),
        (select.module("features"), "'module features' among features.0, head (perhaps 'features.*')"),
        (select.module_type(nn.Conv1d), "'Conv1d' among Linear"),
        (select.where(lambda *_: False), "'a predicate' among linear in features.0, linear in head"),
    ],
)
def test_a_selector_without_a_call_names_the_choice(selector: Any, choice: str) -> None:
    torch.manual_seed(0)  # weights that let relevance arrive: one warning alone is looked for
    model = nn.Sequential()
    model.add_module("features", nn.Sequential(nn.Linear(2, 2), nn.ReLU()))
    model.add_module("head", nn.Linear(2, 2))
    with pytest.warns(lp.RelevanceWarning, match=rf"Found none for {re.escape(choice)}\. See"):
        lp.LRP(model, [(selector, Epsilon())]).explain(torch.rand(1, 2))
