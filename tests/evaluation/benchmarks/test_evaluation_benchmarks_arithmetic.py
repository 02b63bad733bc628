import pytest
import torch

import lrprism as lp
from lrprism.errors import InputError
from lrprism.evaluation.benchmarks import arithmetic


@pytest.mark.parametrize(("operation", "sign"), [("sum", 1), ("difference", -1)])
def test_sequences_hold_what_they_promise(operation: arithmetic.Operation, sign: int) -> None:
    data = arithmetic.make_data(3, operation, 140)
    assert [part.x.shape for part in data] == [(20, length, 3) for length in range(4, 11)]
    for part in data:
        others, a, b = part.x.unbind(2)
        assert (part.x != 0).sum(2).eq(1).all()  # one number a step
        assert part.x[part.x != 0].abs().min() >= 0.5
        assert part.x.abs().max() <= 1
        assert (a != 0).sum(1).eq(1).all()
        assert (b != 0).sum(1).eq(1).all()
        assert ((a != 0).long().argmax(1) < (b != 0).long().argmax(1)).all()
        torch.testing.assert_close(part.truth, a + sign * b)
        torch.testing.assert_close(part.y[:, 0], part.truth.sum(1))
        assert (part.truth[others != 0] == 0).all()


def test_a_seed_gives_the_same_sequences() -> None:
    first, again, other = (arithmetic.make_data(seed, samples=70)[0].x for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_score_by_hand() -> None:
    x = torch.tensor([[[0, 0.5, 0], [0.75, 0, 0], [0, 0, -1.0], [0.5, 0, 0]]])
    data = [arithmetic.Sequences(x, torch.tensor([[1.5]]), torch.tensor([[0.5, 0, 1.0, 0]]))]
    relevance = torch.tensor([[[0.1, 0.2, 0.4], [0.1, 0, 0], [0, 0, 0.8], [0.0, 0, 0]]])
    scores = arithmetic.score([relevance], data)
    # steps get .7, .1, .8, 0: the operands miss .2 and .2, the others .1 and 0
    assert scores["operands"] == pytest.approx(0.04)
    assert scores["others"] == pytest.approx(0.005)
    assert scores["all steps"] == pytest.approx((0.04 + 0.04 + 0.01) / 4)
    assert scores["correlation"] == pytest.approx(1.0)
    with pytest.raises(InputError, match=r"shape of the sequences, \(1, 4, 3\)\. Found \(1, 4\)"):
        arithmetic.score([relevance.sum(2)], data)


def test_an_operation_has_a_name() -> None:
    with pytest.raises(InputError, match=r"operation should be one of sum, difference\. Found 'product'"):
        arithmetic.make_data(0, "product")  # type: ignore[arg-type]


def test_a_small_network_learns_and_relevance_ends_at_the_last_step() -> None:
    data = arithmetic.make_data(0, "sum", 350)
    model = arithmetic.train(data, 0, steps=300, wanted=0.05)
    assert not model.training
    assert arithmetic.measure_error(model, data) <= 0.05
    relevance = [lp.LRP(model, lp.presets.Epsilon()).explain(part.x).relevance for part in data]
    assert arithmetic.score(relevance, data)["operands"] < 1
