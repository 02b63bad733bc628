import pytest
import torch

from lrprism.errors import InputError
from lrprism.evaluation.benchmarks.scores import check_shape, correlate, cosine


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
