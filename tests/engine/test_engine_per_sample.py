"""The account of each sample, worked out by hand."""

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from lrprism import presets
from lrprism.engine import PerSample

LRP_0 = presets.Epsilon(0)


def build_biased(bias: float) -> nn.Linear:
    """z = (a + bias, 2 a - bias)."""
    layer = nn.Linear(1, 2)
    layer.weight.data, layer.bias.data = torch.tensor([[1.0], [2.0]]), torch.tensor([bias, -bias])
    return layer


X = torch.tensor([[3.0], [-3.0]])


def test_what_cancels_over_the_batch_shows_in_each_sample() -> None:
    # z = a + 1 and 2 a - 1: 3 of 4 arrive, and -6 of -7
    explanation = lp.LRP(build_biased(1.0), LRP_0).explain(X, [0, 1], audit=True)
    assert explanation.audit is not None
    account = explanation.audit.per_sample
    assert account is not None
    assert account.explained.tolist() == [4.0, -7.0]
    assert account.reached.tolist() == [3.0, -6.0]
    assert account.lost.tolist() == [1.0, -1.0]
    explanation.check(0.0)
    message = (
        r"^at most 0\.2 of the explained output of each sample should be lost on the way to the inputs\. "
        r"Found more in 1 of 2: sample 0 4 explained, 3 arrived\.$"
    )
    with pytest.raises(lp.ConservationError, match=message):
        explanation.check(0.2, per_sample=True)
    explanation.check(0.3, per_sample=True)


def test_several_classes_have_an_axis_in_front() -> None:
    explanation = lp.LRP(build_biased(1.0), LRP_0).explain(X, "all", audit=True)
    assert explanation.audit is not None
    account = explanation.audit.per_sample
    assert account is not None
    assert account.explained.tolist() == [[4.0, -2.0], [5.0, -7.0]]
    assert account.reached.tolist() == [[3.0, -3.0], [6.0, -6.0]]
    with pytest.raises(
        lp.ConservationError, match=r"more in 4 of 4: sample 1 \(class 0 of the axis\) -2 explained"
    ):
        explanation.check(per_sample=True)


@pytest.mark.parametrize("target", [None, "all", [0, 1, 1]])
def test_batches_give_the_account_of_the_whole(target: object) -> None:
    explainer, x = lp.LRP(build_biased(0.5)), torch.tensor([[1.0], [2.0], [-4.0]])
    accounts = []
    for size in (None, 2):
        audit = explainer.explain(x, target, audit=True, batch_size=size).audit
        assert audit is not None
        assert audit.per_sample is not None
        assert float(audit.per_sample.explained.sum()) == pytest.approx(audit.explained)
        assert float(audit.per_sample.reached.sum()) == pytest.approx(audit.reached)
        accounts.append(audit.per_sample)
    torch.testing.assert_close(accounts[0].explained, accounts[1].explained)
    torch.testing.assert_close(accounts[0].reached, accounts[1].reached)


def test_samples_that_cannot_be_told_apart() -> None:
    class Pooled(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.sum(0, keepdim=True)

    explanation = lp.LRP(Pooled(), LRP_0).explain(torch.ones(3, 2), 0, audit=True)
    assert explanation.audit is not None
    assert explanation.audit.per_sample is None
    explanation.check()
    message = r"^check\(per_sample=True\) should have the samples as the first dimension .* Try check\(\)"
    with pytest.raises(lp.InputError, match=message):
        explanation.check(per_sample=True)


def test_a_batch_without_an_account_per_sample_leaves_the_whole_without() -> None:
    account = PerSample(torch.ones(2), torch.ones(2))
    assert PerSample.join([account, None]) is None
    joined = PerSample.join([account, account])
    assert joined is not None
    assert joined.lost.tolist() == [0.0] * 4
