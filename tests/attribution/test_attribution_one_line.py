"""The one-liner is `LRP(...).explain(...)`."""

import torch
from torch import nn

import lrprism as lp
from lrprism import presets


def test_the_one_liner_is_the_explainer_with_its_composite_and_reference() -> None:
    torch.manual_seed(0)
    model, x = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)), torch.rand(5, 4)
    composite, reference = presets.Epsilon(0), torch.rand(4)
    found = lp.explain(model, x, 1, composite=composite, reference=reference)
    expected = lp.LRP(model, composite).explain(x, 1, reference=reference)
    assert torch.equal(found.relevance, expected.relevance)


def test_the_one_liner_says_how_far_it_has_come() -> None:
    said: list[tuple[int, int]] = []
    model, x = nn.Linear(4, 3), torch.rand(5, 4)
    found = lp.explain(model, x, 1, batch_size=2, progress=lambda done, count: said.append((done, count)))
    assert said == [(2, 5), (4, 5), (5, 5)]
    torch.testing.assert_close(found.relevance, lp.LRP(model).explain(x, 1).relevance)
