import pytest
import torch

from lrprism.errors import InputError
from lrprism.evaluation import correlate_ranks
from lrprism.evaluation.ranks import average_ranks


def test_tied_entries_share_their_ranks() -> None:
    assert average_ranks(torch.tensor([[3.0, 1.0, 3.0, 7.0]])).tolist() == [[1.5, 0.0, 1.5, 3.0]]


def test_rank_correlation_by_hand() -> None:
    # without ties rho = 1 - 6 sum d^2 / (n (n^2 - 1)): d = (0, 1, -1, 0), so 1 - 12 / 60
    rho = correlate_ranks(torch.tensor([[1.0, 2.0, 3.0, 4.0]]), torch.tensor([[10.0, 30.0, 20.0, 99.0]]))
    assert rho.item() == pytest.approx(0.8)


def test_rank_correlation_agrees_with_pearson_of_ranks() -> None:
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randint(5, (2, 6, 12), generator=generator).float()
    for row, rho in enumerate(correlate_ranks(a.reshape(6, 3, 4), b.reshape(6, 3, 4))):
        ranks = [
            torch.tensor([(line < v).sum() + ((line == v).sum() - 1) / 2 for v in line])
            for line in (a[row], b[row])
        ]
        assert rho.item() == pytest.approx(torch.corrcoef(torch.stack(ranks))[0, 1].item(), abs=1e-6)


def test_a_constant_row_correlates_with_nothing() -> None:
    assert correlate_ranks(torch.ones(1, 4), torch.rand(1, 4)).item() == 0


@pytest.mark.parametrize(
    ("b", "found"), [(torch.rand(2, 3), "2, 3"), (torch.full((2, 4), torch.nan), "8 values")]
)
def test_rows_that_cannot_be_compared_are_refused(b: torch.Tensor, found: str) -> None:
    with pytest.raises(InputError, match=f"rows to correlate should be finite.*{found}"):
        correlate_ranks(torch.rand(2, 4), b)
