"""A choice among methods is the one that plain arithmetic on a linear network makes."""

import pytest
import torch
from torch import Tensor, nn

from lrprism.errors import InputError
from lrprism.evaluation import Constant, Interpolation, bands
from lrprism.evaluation.bootstrap import Bootstrap
from lrprism.evaluation.choice import choose

X = torch.rand(12, 8, generator=torch.Generator().manual_seed(0)) + 0.5
TARGET = torch.zeros(12, dtype=torch.long)
REGIONS = bands(X, 2)
ZERO = Constant(0.0, name="zero")
IMPUTERS = [ZERO, Interpolation(0.0)]


def build_model() -> nn.Module:
    """Return logits (w a, 0): only the first band of each window counts, the later the more."""
    model = nn.Linear(8, 2, bias=False)
    with torch.no_grad():
        model.weight.zero_()
        model.weight[0, ::2] = torch.tensor([0.1, 0.5, 1.0, 2.0])
    return model


def right(model: nn.Module, x: Tensor, target: Tensor) -> Tensor:  # noqa: ARG001
    return model.weight[0] * x  # type: ignore[operator, index]


def wrong(model: nn.Module, x: Tensor, target: Tensor) -> Tensor:
    return -right(model, x, target)


def constant(model: nn.Module, x: Tensor, target: Tensor) -> Tensor:  # noqa: ARG001
    return torch.ones_like(x)


CANDIDATES = {"wrong": wrong, "constant": constant, "right": right}


def test_the_best_ranking_wins_and_the_reverse_is_last() -> None:
    ranking = choose(build_model(), X, TARGET, CANDIDATES, IMPUTERS, REGIONS)
    assert [candidate.name for candidate in ranking.candidates] == ["right", "constant", "wrong"]
    assert ranking.best == "right"
    assert ranking.is_clear
    assert ranking.samples == 12


def test_the_score_is_the_mean_of_the_areas_between_the_curves() -> None:
    model, candidates = build_model(), {"right": right}
    (candidate,) = choose(model, X, TARGET, candidates, [ZERO], REGIONS).candidates
    # the probability with windows removed one after the other, in the order of w a, by hand
    areas = []
    for x in X:
        gains = sorted((model.weight[0] * x)[::2].tolist())  # type: ignore[operator, index]
        curves = [
            [torch.sigmoid(torch.tensor(sum(gains[first:last]))).item() for first, last in steps]
            for steps in ([(0, 4 - k) for k in range(5)], [(k, 4) for k in range(5)])
        ]
        mif, lif = ((sum(curve) - (curve[0] + curve[-1]) / 2) / 4 for curve in curves)
        areas.append(lif - mif)
    assert candidate.score.value == pytest.approx(sum(areas) / len(areas), abs=1e-6)
    assert candidate.srg == pytest.approx({"zero": candidate.score.value})


def test_a_reversed_map_has_the_opposite_score() -> None:
    ranking = choose(build_model(), X, TARGET, CANDIDATES, IMPUTERS, REGIONS)
    scores = {candidate.name: candidate.score.value for candidate in ranking.candidates}
    assert scores["wrong"] == pytest.approx(-scores["right"], abs=1e-6)
    behind = {candidate.name: candidate.behind.value for candidate in ranking.candidates}
    assert behind["wrong"] == pytest.approx(2 * scores["right"], abs=1e-6)
    assert behind["right"] == 0


def test_equal_candidates_keep_their_order_and_no_lead_is_clear() -> None:
    ranking = choose(build_model(), X, TARGET, {"a": right, "b": right}, [ZERO], REGIONS)
    assert [candidate.name for candidate in ranking.candidates] == ["a", "b"]
    assert not ranking.is_clear


def test_a_ranking_is_printed_line_by_line() -> None:
    lines = str(choose(build_model(), X, TARGET, CANDIDATES, [ZERO], REGIONS)).splitlines()
    assert lines[0] == "Mean SRG over 12 samples, the best first"
    assert lines[1].startswith("right     0.")
    assert lines[1].endswith(")")
    assert "best" in lines[1]
    assert "behind" in lines[2]


def test_the_seed_of_the_bootstrap_is_used() -> None:
    first, second = (
        choose(
            build_model(), X, TARGET, {"constant": constant}, [ZERO], REGIONS, bootstrap=Bootstrap(seed=seed)
        )
        for seed in (0, 1)
    )
    assert first.candidates[0].score != second.candidates[0].score


@pytest.mark.parametrize(
    ("candidates", "imputers", "x", "noun"),
    [({}, IMPUTERS, X, "candidate"), (CANDIDATES, [], X, "imputer"), (CANDIDATES, IMPUTERS, X[:0], "sample")],
)
def test_nothing_to_choose_by_is_refused(candidates: dict, imputers: list, x: Tensor, noun: str) -> None:
    with pytest.raises(InputError, match=f"A choice needs at least 1 {noun}. Found none. Give one."):
        choose(build_model(), x, TARGET[: len(x)], candidates, imputers, REGIONS)


def test_a_candidate_of_the_wrong_shape_is_named() -> None:
    with pytest.raises(InputError, match="'short' should return relevance of the samples' shape"):
        choose(build_model(), X, TARGET, {"short": lambda *_: torch.ones(3)}, [ZERO], REGIONS)


def test_imputers_of_one_name_are_refused() -> None:
    # one of them would vanish from the table
    x = torch.rand(6, 12)
    with pytest.raises(
        InputError, match=r"imputers should each have a name of its own\. Found reference, reference"
    ):
        choose(
            build_model(), x, torch.zeros(6).long(), {"a": right}, [Constant(0.0), Constant(1.0)], bands(x, 3)
        )


def test_one_sample_makes_no_lead_clear() -> None:
    x = torch.rand(1, 8, generator=torch.Generator().manual_seed(0))
    target = build_model()(x).argmax(1)
    ranking = choose(build_model(), x, target, {"a": right, "b": wrong}, [Constant(0.0)], bands(x, 3))
    assert ranking.candidates[1].behind.low > 0
    assert not ranking.is_clear
