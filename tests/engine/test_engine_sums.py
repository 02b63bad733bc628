import pytest
import torch
from torch import Tensor

from lrprism.engine import sums
from lrprism.engine.sums import Activation, Counter, relevance_sum


@pytest.fixture
def summed(monkeypatch: pytest.MonkeyPatch) -> list[Tensor]:
    """The tensors whose relevance was added up anew."""
    seen: list[Tensor] = []

    def spy(tensor: Tensor, gradient: Tensor) -> Tensor | float:
        seen.append(tensor)
        return relevance_sum(tensor, gradient)

    monkeypatch.setattr(sums, "relevance_sum", spy)
    return seen


def drawn(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(len(shape)))


def test_a_reshaped_view_of_the_same_numbers_is_summed_once(summed: list[Tensor]) -> None:
    totals: dict[int, Tensor | float] = {}
    counter = Counter(totals)
    a, g = drawn(4, 6, 3, 3), drawn(4, 6, 3, 3).contiguous(memory_format=torch.channels_last)
    counter.count(0, Activation(a), g)
    counter.count(1, Activation(a.view(4, 2, 3, 3, 3)), g.unflatten(1, (2, 3)))
    assert len(summed) == 1
    assert totals[0] == totals[1] == pytest.approx(float((a.double() * g.double()).sum()), rel=1e-5)


def test_the_same_memory_in_another_order_is_summed_anew(summed: list[Tensor]) -> None:
    totals: dict[int, Tensor | float] = {}
    counter = Counter(totals)
    a, g = drawn(5, 5), drawn(5, 5)
    counter.count(0, Activation(a), g)
    counter.count(1, Activation(a.t()), g)
    assert len(summed) == 2
    assert totals[1] == pytest.approx(float((a.t() * g).sum()), rel=1e-5)


@pytest.mark.parametrize("size", [8, 600])
def test_layouts_do_not_matter_for_a_sum(size: int) -> None:
    a, g = drawn(3, 3, size, size), drawn(3, 3, size, size).contiguous(memory_format=torch.channels_last)
    expected = float((a.double() * g.double()).sum())
    assert float(relevance_sum(a, g)) == pytest.approx(expected, rel=1e-4, abs=1e-2)


def test_of_a_difference_the_change_is_summed() -> None:
    totals: dict[int, Tensor | float] = {}
    counter = Counter(totals)
    a, g = drawn(4, 6), drawn(4, 6).flip(0)
    one = torch.full((1, 6), 2.0)
    counter.count(0, Activation(a, one), g)
    counter.count(1, Activation(a), None)
    assert totals == {0: pytest.approx(float(((a - 2) * g).sum()), rel=1e-5)}
    assert torch.equal(Activation(a, one).change, a - 2)
    assert Activation(a).change is a


def test_an_activation_at_another_reference_is_summed_anew() -> None:
    totals: dict[int, Tensor | float] = {}
    counter = Counter(totals)
    a, g = drawn(4, 6), drawn(4, 6).flip(0)
    for number, reference in enumerate((None, torch.zeros(1, 6), torch.ones(1, 6))):
        counter.count(number, Activation(a, reference), g)
    expected = float((a * g).sum())
    assert totals[0] == pytest.approx(expected, rel=1e-5)
    assert totals[1] == pytest.approx(expected, rel=1e-5)
    assert totals[2] == pytest.approx(expected - float(g.sum()), rel=1e-5)
