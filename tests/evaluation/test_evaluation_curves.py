from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lrprism.errors import InputError
from lrprism.evaluation import (
    AbstractImputer,
    Constant,
    Curves,
    GaussianConditional,
    Interpolation,
    Regions,
    Swap,
    bands,
    find_greedy_curves,
    fine_tune,
    label_map,
    measure_curves,
    measure_drops,
    measure_reliability,
    rank_regions,
    score_regions,
)
from lrprism.evaluation.shared_curves import measure_shared_curves

W = torch.tensor([2.0, -1.0, 1.0])


def linear(x: Tensor) -> Tensor:
    return torch.stack([x @ W, torch.zeros(len(x))], dim=1)


def test_a_linear_model_by_hand() -> None:
    # contributions w x = (2, -2, 3), f = 3; removed towards 0: 3, then 2, then -2
    x = torch.tensor([[1.0, 2.0, 3.0]])
    curves = measure_curves(
        linear, x, torch.tensor([0]), x * W,
        regions=label_map(x, torch.arange(3)), imputer=Constant(0.0), output="logit",
    )  # fmt: skip
    torch.testing.assert_close(curves.mif, torch.tensor([[3.0, 0.0, -2.0, 0.0]]))
    torch.testing.assert_close(curves.lif, torch.tensor([[3.0, 5.0, 3.0, 0.0]]))
    # trapezoids of width 1/3: (3/2 + 0 - 2 + 0) / 3 and (3/2 + 5 + 3 + 0) / 3
    assert curves.mif_area.item() == pytest.approx(-1 / 6)
    assert curves.lif_area.item() == pytest.approx(19 / 6)
    assert curves.srg.item() == pytest.approx(10 / 3)
    torch.testing.assert_close(curves.fraction, torch.tensor([0, 1 / 3, 2 / 3, 1]))


IMPUTERS = [
    Constant(0.2),
    Interpolation(0.2),
    GaussianConditional(torch.randn(40, 8, generator=torch.Generator().manual_seed(3)).cumsum(1)),
    Swap(torch.randn(10, 8, generator=torch.Generator().manual_seed(4)), draws=3),
]


@pytest.mark.parametrize("imputer", IMPUTERS, ids=lambda imputer: imputer.name)
def test_curves_agree_with_one_step_at_a_time(imputer: AbstractImputer) -> None:
    generator = torch.Generator().manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 3))
    x, scores = torch.randn(2, 30, 8, generator=generator)
    target = torch.randint(3, (30,), generator=generator)
    regions = bands(x, 2)
    curves = measure_curves(model, x, target, scores, regions=regions, imputer=imputer)
    for sample in (0, 17, 29):
        sums = scores[sample].reshape(4, 2).sum(1)
        for curve, order in (
            (curves.mif, sums.argsort(descending=True)),
            (curves.lif, sums.argsort(descending=False)),
        ):
            mask = torch.zeros(1, 8, dtype=torch.bool)
            for step in range(5):
                probabilities = [
                    model(imputer.impute(x[sample, None], mask, rows=torch.tensor([sample]), draw=draw))
                    .softmax(1)[0, target[sample]]
                    .item()
                    for draw in range(imputer.draws)
                ]
                expected = sum(probabilities) / len(probabilities)
                assert curve[sample, step].item() == pytest.approx(expected, abs=1e-5)
                if step < 4:
                    mask[0, 2 * order[step] : 2 * order[step] + 2] = True


def test_a_reversed_ranking_has_the_negative_area() -> None:
    model, x = nn.Linear(8, 3), torch.randn(20, 8)
    target, scores = torch.zeros(20).long(), torch.randn(20, 4)
    up, down = (
        measure_curves(model, x, target, sign * scores, regions=bands(x, 2), imputer=Constant(0.0))
        for sign in (1, -1)
    )
    torch.testing.assert_close(up.srg, -down.srg)


def test_ties_are_broken_by_the_seed_and_not_by_position() -> None:
    scores = torch.tensor([[0.0, 1.0, 0.0, 0.0, 1.0]]).expand(300, 5)
    order = rank_regions(scores, seed=1)
    assert {*order[:, :2].flatten().tolist()} == {1, 4}
    assert 0.4 < (order[:, 0] == 1).double().mean().item() < 0.6
    assert {*order[:, 2].tolist()} == {0, 2, 3}
    assert torch.equal(order, rank_regions(scores, seed=1))
    assert not torch.equal(order, rank_regions(scores, seed=2))


def test_higher_scores_come_first() -> None:
    scores = torch.randn(50, 7, generator=torch.Generator().manual_seed(0))
    ranked = scores.gather(1, rank_regions(scores))
    assert all((a >= b).all() for a, b in pairwise(ranked.T))


def test_relevance_is_summed_and_scores_of_regions_are_taken() -> None:
    x = torch.rand(3, 6)
    regions = bands(x, 2)
    torch.testing.assert_close(score_regions(x, regions), x.reshape(3, 3, 2).sum(2))
    scores = torch.rand(3, 3)
    assert torch.equal(score_regions(scores, regions), scores)
    with pytest.raises(InputError, match=r"one score for each of the 3 regions. Found shape \(3, 4\)"):
        score_regions(torch.rand(3, 4), regions)
    with pytest.raises(InputError, match=r"scores should be finite. Found 3 values"):
        score_regions(scores * torch.tensor([1.0, torch.nan, 1.0]), regions)


def test_scores_of_other_samples_are_refused() -> None:
    x = torch.rand(3, 6)
    with pytest.raises(InputError, match=r"for each of the 3 samples. Found 2"):
        measure_curves(
            nn.Linear(6, 2), x, torch.zeros(3).long(), x[:2], regions=bands(x, 2), imputer=Constant(0.0)
        )


def test_the_area_of_a_curve_that_stays_is_its_height() -> None:
    curves = Curves(torch.full((2, 6), 0.25), torch.ones(2, 6))
    torch.testing.assert_close(curves.mif_area, torch.full((2,), 0.25))
    torch.testing.assert_close(curves.srg, torch.full((2,), 0.75))


def test_reliability_is_what_the_model_says_of_imputed_samples() -> None:
    # towards (0, 0, 1) the logits are 1 and 0: class 0 with e / (1 + e)
    x, target = torch.randn(4, 3), torch.tensor([0, 0, 0, 1])
    reliability = measure_reliability(linear, x, target, Constant(torch.tensor([0.0, 0.0, 1.0])))
    p = torch.sigmoid(torch.tensor(1.0)).item()
    assert reliability.on_class == 0.75
    assert reliability.probability == pytest.approx((3 * p + (1 - p)) / 4)
    assert reliability.chance == 0.5


def measure_all(x: Tensor, target: Tensor, regions: Regions) -> Iterator[Callable[[], Any]]:
    """Everything that removes regions and reads the model."""
    model = nn.Linear(6, 2)
    options: Any = {"regions": regions, "imputer": Constant(0.0)}
    yield lambda: measure_curves(model, x, target, x, **options)
    yield lambda: measure_shared_curves(model, x, target, [x], **options)
    yield lambda: measure_drops(model, x, target, **options)
    yield lambda: find_greedy_curves(model, x, target, **options)
    yield lambda: fine_tune(model, x, target, epochs=1, **options)
    yield lambda: measure_reliability(model, x, target, Constant(0.0))


X, TARGET = torch.rand(4, 6), torch.tensor([0, 1, 0, 1])


@pytest.mark.parametrize(
    ("x", "target", "message"),
    [
        (
            X,
            TARGET + 1,
            "one class from 0 to 1 for each of the .* samples. Found torch.int64 of .*, values [12] to 2",
        ),
        (X, TARGET[:3], r"one class for each of the 4 samples. Found torch.int64 of shape \(3,\)"),
        (X[:0], TARGET[:0], r"at least one sample, \[N, ...\]. Found shape \(0, 6\)"),
    ],
)
def test_samples_and_classes_that_do_not_fit_are_refused(x: Tensor, target: Tensor, message: str) -> None:
    for call in measure_all(x, target, bands(X, 2)):
        with pytest.raises(InputError, match=message):
            call()


def test_regions_of_other_samples_are_refused() -> None:
    *calls, _ = measure_all(X, TARGET, bands(torch.rand(2, 9), 2))
    for call in calls:
        with pytest.raises(
            InputError, match=r"regions should divide samples of shape \(6,\). Found regions of \(9,\)"
        ):
            call()
