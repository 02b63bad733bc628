import pytest
import torch

from lrprism.errors import InputError
from lrprism.evaluation.benchmarks.scores import average_precision, check_shape, correlate, cosine, roc_auc


def count_pairs(scores: torch.Tensor, mask: torch.Tensor) -> float:
    """Return the share of pairs of a marked and an unmarked entry in the right order, ties half."""
    marked, unmarked = scores[mask][:, None], scores[~mask]
    return float(((marked > unmarked) + 0.5 * (marked == unmarked)).double().mean())


def test_roc_auc_counts_pairs_ties_half() -> None:
    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        scores = torch.randint(5, (4, 6), generator=generator).float()  # many ties
        mask = torch.rand(4, 6, generator=generator) < 0.4
        assert roc_auc(scores, mask) == pytest.approx(count_pairs(scores, mask))


def test_average_precision_by_hand() -> None:
    # from the highest: marked (1/1), unmarked, marked (2/3), unmarked: (1 + 2/3) / 2
    scores, mask = torch.tensor([4.0, 3.0, 2.0, 1.0]), torch.tensor([True, False, True, False])
    assert average_precision(scores, mask) == pytest.approx((1 + 2 / 3) / 2)
    # all tied: one step, whose precision is the share of marked entries
    assert average_precision(torch.ones(4), mask) == pytest.approx(1 / 2)


def test_cosine_and_correlation_by_hand() -> None:
    relevance, truth = (
        torch.tensor([[3.0, 4.0], [1.0, 1.0], [0.0, 0.0]]),
        torch.tensor([[4.0, 3.0]]).repeat(3, 1),
    )
    torch.testing.assert_close(
        cosine(relevance, truth), torch.tensor([24 / 25, 7 / (5 * 2**0.5), 0.0], dtype=torch.float64)
    )
    torch.testing.assert_close(
        correlate(relevance, truth), torch.tensor([-1.0, 0.0, 0.0], dtype=torch.float64)
    )


def test_scores_refuse_what_they_cannot_judge() -> None:
    with pytest.raises(InputError, match=r"should have the shape of the truth, \(2,\)\. Found \(3,\)"):
        check_shape(torch.ones(3), torch.ones(2))
    for mask in (torch.ones(3, dtype=torch.bool), torch.zeros(3, dtype=torch.bool)):
        with pytest.raises(InputError, match=r"should mark some entries and not all\. Found [03] of 3"):
            roc_auc(torch.ones(3), mask)
