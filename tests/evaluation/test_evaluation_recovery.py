import pytest
import torch
from torch import Tensor

from lrprism.errors import InputError
from lrprism.evaluation import (
    Bootstrap,
    average_precision,
    emd_similarity,
    mass_accuracy,
    precision_at_k,
    recover,
    roc_auc,
)
from lrprism.evaluation.recovery import reduce_to_mask


def draw_scores_with_ties(seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randint(6, (3, 20), generator=generator).double()
    return scores, torch.rand(20, generator=generator) < 0.3


def test_planted_features_by_hand() -> None:
    # descending: planted, other, planted, other
    scores, mask = torch.tensor([4.0, 3.0, 2.0, 1.0]), torch.tensor([True, False, True, False])
    assert roc_auc(scores, mask).item() == pytest.approx(3 / 4)  # of 4 pairs, (2, 3) is the wrong way
    assert average_precision(scores, mask).item() == pytest.approx((1 + 2 / 3) / 2)
    assert precision_at_k(scores, mask).item() == pytest.approx(1 / 2)
    assert mass_accuracy(scores, mask).item() == pytest.approx(6 / 10)
    # cumulative shares .4 .7 .9 against .5 .5 1: gaps .1 + .2 + .1 over a length of 3
    assert emd_similarity(scores, mask).item() == pytest.approx(1 - 0.4 / 3)
    # in nm, the last step is ten times as long: (.1 + .2 + 1) / 12
    assert emd_similarity(scores, mask, torch.tensor([0.0, 1, 2, 12])).item() == pytest.approx(1 - 1.3 / 12)


@pytest.mark.parametrize("seed", range(5))
def test_auc_counts_pairs_and_halves_of_ties(seed: int) -> None:
    scores, mask = draw_scores_with_ties(seed)
    for row, auc in zip(scores, roc_auc(scores, mask), strict=True):
        pairs = [(a > b) + 0.5 * (a == b) for a in row[mask].tolist() for b in row[~mask].tolist()]
        assert auc.item() == pytest.approx(sum(pairs) / len(pairs))


@pytest.mark.parametrize("seed", range(5))
def test_average_precision_adds_up_over_thresholds(seed: int) -> None:
    scores, mask = draw_scores_with_ties(seed)
    for row, precision in zip(scores, average_precision(scores, mask), strict=True):
        total, recall = 0.0, 0.0
        for threshold in sorted(set(row.tolist()), reverse=True):
            chosen = row >= threshold
            hits = (chosen & mask).sum().item()
            total += (hits / mask.sum().item() - recall) * hits / chosen.sum().item()
            recall = hits / mask.sum().item()
        assert precision.item() == pytest.approx(total)


@pytest.mark.parametrize("seed", range(3))
def test_precision_at_k_is_the_mean_over_orders_of_ties(seed: int) -> None:
    scores, mask = draw_scores_with_ties(seed)
    generator = torch.Generator().manual_seed(9)
    noise = 1e-3 * torch.rand(20_000, 20, generator=generator, dtype=torch.float64)
    ranked = mask.expand(noise.shape).gather(1, (scores[0] + noise).argsort(1, descending=True))
    k = int(mask.sum())
    expected = ranked[:, :k].double().mean().item()
    assert precision_at_k(scores, mask)[0].item() == pytest.approx(expected, abs=0.01)


def test_a_constant_map_is_at_chance_and_the_mask_itself_at_one() -> None:
    mask = torch.tensor([True, False, False, True, False])
    flat = torch.ones(5)
    assert roc_auc(flat, mask) == 0.5
    for score in (average_precision, precision_at_k, mass_accuracy):
        assert score(flat, mask).item() == pytest.approx(2 / 5)
    for score in (roc_auc, average_precision, precision_at_k, mass_accuracy, emd_similarity):
        assert score(mask.float(), mask).item() == pytest.approx(1)


def test_a_map_without_relevance_has_no_mass() -> None:
    mask = torch.tensor([True, False])
    assert mass_accuracy(torch.zeros(2), mask) == 0
    assert emd_similarity(torch.zeros(2), mask) == 0


def test_emd_tells_near_from_far_where_auc_does_not() -> None:
    mask, near, far = torch.zeros(3, 20)
    mask[10] = near[11] = far[19] = 1
    planted = mask.bool()
    assert roc_auc(near, planted) == roc_auc(far, planted)
    assert emd_similarity(near, planted).item() == pytest.approx(1 - 1 / 19)
    assert emd_similarity(far, planted).item() == pytest.approx(1 - 9 / 19)


def test_positions_need_not_be_sorted_but_must_fit() -> None:
    scores, mask, positions = torch.rand(8), torch.arange(8) < 3, torch.rand(8)
    shuffle = torch.randperm(8)
    torch.testing.assert_close(
        emd_similarity(scores, mask, positions),
        emd_similarity(scores[shuffle], mask[shuffle], positions[shuffle]),
    )
    with pytest.raises(InputError, match=r"positions should be one number for each of the 8 features"):
        emd_similarity(scores, mask, positions[:5])


def test_the_mean_of_magnitudes_is_scored_not_the_magnitude_of_the_mean() -> None:
    # feature 0 carries 2 with either sign: its mean is 0; feature 1 carries .5 always
    relevance = torch.tensor([[2.0, 0.5], [-2.0, 0.5]])
    recovery = recover(relevance, torch.tensor([True, False]))
    assert recovery.auc.value == 1
    # positive relevance: 2 + 0 of 2 + .5 + .5
    assert recovery.mass.value == pytest.approx(2 / 3)


def test_intervals_come_from_the_samples() -> None:
    relevance = torch.randn(100, 30, generator=torch.Generator().manual_seed(0))
    relevance[:, :5] *= 1.15
    recovery = recover(relevance, torch.arange(30) < 5, bootstrap=Bootstrap(resamples=200))
    assert recovery.auc.low < recovery.auc.value <= recovery.auc.high
    assert recovery.auc.value == pytest.approx(roc_auc(relevance.abs().mean(0), torch.arange(30) < 5).item())


def test_a_mask_of_bands_takes_patches_along_their_axis() -> None:
    relevance = torch.randn(4, 6, 3, 3)
    mask = torch.arange(6) == 2
    torch.testing.assert_close(reduce_to_mask(relevance, mask), relevance.sum((2, 3)))
    torch.testing.assert_close(reduce_to_mask(relevance.movedim(1, 3), mask, 3), relevance.sum((2, 3)))
    pixels = torch.zeros(6, 3, 3, dtype=torch.bool)
    pixels[2, 1, 1] = True
    assert torch.equal(reduce_to_mask(relevance, pixels), relevance.flatten(1))


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (torch.ones(6).bool(), "features that are planted and others.*6 of 6 planted"),
        (torch.zeros(6).bool(), "0 of 6 planted"),
        (torch.arange(6), "mask should be bool.*torch.int64"),
        (torch.arange(5) < 2, r"the 6 bands of axis 1. Found shape \(5,\)"),
    ],
)
def test_masks_that_do_not_fit_are_refused(mask: Tensor, message: str) -> None:
    with pytest.raises(InputError, match=message):
        recover(torch.rand(3, 6), mask)


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_relevance_that_is_not_finite_has_no_score(value: float) -> None:
    # NaN sorts as the highest of all: an AUC of 1
    mask = torch.tensor([True, False, False])
    relevance = torch.tensor([[1.0, 2.0, value]])
    with pytest.raises(InputError, match=r"relevance should be finite\. Found 1 of 3 values"):
        recover(relevance, mask)
    for score in (roc_auc, average_precision, precision_at_k, mass_accuracy, emd_similarity):
        with pytest.raises(InputError, match=r"scores should be finite\. Found 1 values that are NaN or inf"):
            score(relevance[0], mask)


@pytest.mark.parametrize(
    ("mask", "found"),
    [
        (torch.zeros(3).bool(), r"bool of shape \(3,\), 0 planted"),
        (torch.ones(2).bool(), r"bool of shape \(2,\)"),
    ],
)
def test_scores_need_a_mask_that_fits(mask: Tensor, found: str) -> None:
    for score in (roc_auc, average_precision, precision_at_k, mass_accuracy, emd_similarity):
        with pytest.raises(
            InputError, match=f"one value for each of the 3 features, with planted ones.*{found}"
        ):
            score(torch.rand(3), mask)


def test_planted_features_alone_have_no_auc() -> None:
    with pytest.raises(InputError, match=r"features that are planted and others that are not\. Found 3 of 3"):
        roc_auc(torch.rand(3), torch.ones(3).bool())


def test_an_axis_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match=r"axis should be one of the axes 1 to 1 of the samples\. Found 3"):
        recover(torch.rand(2, 3), torch.tensor([True, False, False]), axis=3)
