"""The cell of a notebook: what it says of an explanation and of an explainer."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from function_models import make_linear
from lrprism import presets
from lrprism.ops import own
from pages import Page, read_page, read_png

LRP_0 = presets.Epsilon(0)


def show(thing: Any) -> Page:
    return read_page(thing._repr_html_())


def small_network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))


def test_the_table_says_what_was_explained_and_what_arrived() -> None:
    # logits (3, -1 + 4) of (1, 1) and (0, 3 + 4) of (2, -1); the bias of class 1 keeps 4
    model = make_linear([[1.0, 2.0], [-0.0, -1.0]], [0.0, 4.0])
    x = torch.tensor([[1.0, 1.0], [2.0, -1.0]], dtype=torch.float64)
    page = show(lp.LRP(model, LRP_0).explain(x, [0, 1]))
    table = ["sample", "class", "explained", "arrived at the inputs", "0", "0", "3", "3", "1", "1", "5", "1"]
    assert page.words[1:13] == table
    assert page.count("svg") == 2


def test_of_a_target_that_is_no_class_the_account_says_what_was_explained() -> None:
    x = torch.tensor([[1.0, 2.0]], dtype=torch.float64)
    explainer = lp.LRP(make_linear([[3.0, 5.0]]), LRP_0)
    # minus the logit of 13; without an account the table does not guess at the sign
    assert show(explainer.explain(x, lp.target.side(0))).words[5:9] == ["0", "0", "-", "-13"]
    audited = explainer.explain(x, lp.target.side(0), audit=True)
    assert show(audited).words[5:9] == ["0", "0", "-13", "-13"]
    assert "Account of 1 calls" in show(audited).words


def test_the_table_of_a_reference_speaks_of_the_difference() -> None:
    x = torch.tensor([[1.0, 2.0]])
    model = nn.Linear(2, 2)
    model.weight.data = torch.tensor([[3.0, 5.0], [0.0, 0.0]])
    page = show(lp.LRP(model, LRP_0).explain(x, 0, reference=torch.tensor([[1.0, 1.0]])))
    assert page.words[5:9] == ["0", "0", "5", "5"]


def test_several_classes_have_a_row_each() -> None:
    x = torch.tensor([[1.0, 2.0]] * 9, dtype=torch.float64)
    page = show(lp.LRP(make_linear([[3.0, 5.0], [1.0, 1.0]]), LRP_0).explain(x, "all"))
    assert page.words[5:13] == ["0", "0", "13", "13", "0", "1", "3", "3"]
    assert "10 more." in page.words


def test_an_image_is_shown_beside_its_relevance() -> None:
    model = small_network()  # seeds
    explanation = lp.LRP(model).explain(torch.rand(2, 3, 8, 8))
    page = show(explanation)
    assert page.count("img") == 4
    assert [title.split(",")[0] for title in page.attributes("img", "alt")] == ["input", "relevance"] * 2
    pixels = torch.tensor(read_png(page.attributes("img", "src")[1]))
    relevance = explanation.relevance[0].sum(0)
    # a tenth of the full colour is more red than blue, or less
    least = relevance.abs().max() / 10
    assert (pixels[..., 0] > pixels[..., 2])[relevance > least].all()
    assert (pixels[..., 0] < pixels[..., 2])[relevance < -least].all()


@pytest.mark.parametrize(
    "relevance",
    [
        torch.full((2, 3, 8, 8), float("nan")),
        torch.rand(2, 3, 8, 8) / 0,
        torch.zeros(0, 5),
        torch.zeros(0),
        torch.zeros(2, 0),
        torch.zeros(2, 3, 0, 4),
        torch.tensor(1.5),
        torch.rand(2, 3).bfloat16(),
        {},
        None,
        (torch.rand(2, 5), None, [torch.rand(2)]),
        {"<b>": torch.rand(2, 40)},
        torch.rand(2, 5).requires_grad_(),
    ],
    ids=lambda value: "nested" if not isinstance(value, Tensor) else f"{tuple(value.shape)}",
)
def test_no_explanation_breaks_the_cell(relevance: Any) -> None:
    count = len(relevance) if isinstance(relevance, Tensor) and relevance.dim() else 2
    for output in (torch.zeros(count, 3), torch.zeros(count), torch.tensor(1.0)):
        for target in (None, torch.zeros(count, dtype=torch.int64)):
            text = lp.Explanation(relevance, output, target)._repr_html_()
            assert read_page(text).words[0].startswith("Explanation: relevance ")


def test_names_of_inputs_are_text() -> None:
    x = torch.rand(2, 40)
    page = show(lp.Explanation({"<img src=x>": x}, torch.zeros(2), None))
    assert page.count("img") == 0
    assert "<img src=x>, sample 0" in page.words


def test_an_explainer_shows_model_composite_and_options() -> None:
    ops = {torch.lgamma: own.activation("mine")}
    page = show(lp.LRP(nn.Linear(3, 2), presets.Epsilon(0.5), strict=True, ops=ops))
    text = page.text
    assert "Linear" in text
    assert "parameters 8" in text
    assert "Epsilon(eps=0.5" in text
    assert "refused" in text
    assert "own ops lgamma" in text
    # a lazy layer has no numbers yet
    assert "parameters 0" in show(lp.LRP(nn.LazyLinear(2))).text


def test_a_plan_is_a_table() -> None:
    plan = lp.LRP(small_network()).plan(torch.rand(1, 3, 8, 8))
    page = show(plan)
    assert page.words[:6] == ["call", "module", "type", "op", "rule", "why"]
    assert page.count("tr") == len(plan) + 1


def test_an_account_is_a_table_with_its_sum_below() -> None:
    audit = lp.LRP(small_network()).explain(torch.rand(1, 3, 8, 8), audit=True).audit
    assert audit is not None
    page = show(audit)
    assert page.count("tr") == len(audit) + 1
    assert page.words[-1] == str(audit).splitlines()[-1]
