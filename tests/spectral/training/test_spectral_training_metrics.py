import pytest
import torch

from lrprism.attribution import predicted_class
from lrprism.errors import DataError, ModelError
from lrprism.spectral.training import evaluate


def logits_for(predicted: list[int], classes: int) -> torch.Tensor:
    return torch.nn.functional.one_hot(torch.tensor(predicted), classes).float()


def test_largest_logit_wins() -> None:
    assert predicted_class(torch.tensor([[1.0, 3.0, 2.0], [-1.0, -3.0, -2.0]])).tolist() == [1, 0]


def test_one_logit_speaks_for_class_1_when_positive() -> None:
    assert predicted_class(torch.tensor([[0.1], [-0.1], [0.0]])).tolist() == [1, 0, 0]


@pytest.mark.parametrize("shape", [(3,), (3, 2, 2), (3, 0)])
def test_other_outputs_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(
        ModelError, match=r"should have shape \(N, classes\)\. Found \(3,.* one row of logits"
    ):
        evaluate(torch.zeros(shape), torch.zeros(3, dtype=torch.int64))


def test_metrics_by_hand() -> None:
    # truth 0 0 0 1 1 2, predicted 0 0 1 1 2 2: confusion [[2 1 0] [0 1 1] [0 0 1]]
    metrics = evaluate(logits_for([0, 0, 1, 1, 2, 2], 3), torch.tensor([0, 0, 0, 1, 1, 2]))
    assert metrics.confusion == ((2, 1, 0), (0, 1, 1), (0, 0, 1))
    assert metrics.samples == 6
    assert metrics.accuracy == pytest.approx(4 / 6)
    # 2*2/(3+2) = 4/5; 2*1/(2+2) = 1/2; 2*1/(1+2) = 2/3
    assert metrics.f1 == pytest.approx((0.8, 0.5, 2 / 3))
    assert metrics.macro_f1 == pytest.approx((0.8 + 0.5 + 2 / 3) / 3)
    # p_e = (3*2 + 2*2 + 1*2) / 36 = 1/3; kappa = (2/3 - 1/3) / (1 - 1/3) = 1/2
    assert metrics.kappa == pytest.approx(0.5)


def test_one_logit_by_hand() -> None:
    # truth 1 1 0 0, predicted 1 0 0 0: F1 of class 0 = 2*2/(2+3) = 4/5, of class 1 = 2*1/(2+1) = 2/3
    metrics = evaluate(torch.tensor([[2.0], [-1.0], [-3.0], [-0.5]]), torch.tensor([1, 1, 0, 0]))
    assert metrics.confusion == ((2, 0), (1, 1))
    assert metrics.f1 == pytest.approx((0.8, 2 / 3))
    assert metrics.kappa == pytest.approx(0.5)  # p_o = 3/4, p_e = (2*3 + 2*1)/16 = 1/2


def test_macro_f1_is_over_the_classes_that_occur() -> None:
    # class 2 is predicted once but never true, class 3 neither: both stay out of the mean
    metrics = evaluate(logits_for([0, 0, 1, 2], 4), torch.tensor([0, 0, 1, 1]))
    assert metrics.f1[:3] == pytest.approx((1.0, 2 / 3, 0.0))
    assert metrics.f1[3] is None
    assert metrics.macro_f1 == pytest.approx((1 + 2 / 3) / 2)


def test_kappa_of_a_single_class_is_not_defined() -> None:
    metrics = evaluate(logits_for([1, 1], 3), torch.tensor([1, 1]))
    assert metrics.kappa is None
    assert metrics.accuracy == metrics.macro_f1 == 1


@pytest.mark.parametrize("labels", [torch.tensor([0]), torch.tensor([[0, 1]]), torch.tensor([0.0, 1.0])])
def test_labels_that_do_not_fit_the_samples_are_refused(labels: torch.Tensor) -> None:
    with pytest.raises(
        DataError, match=r"one for each of at least 1 sample\. Found .* for 2 samples\. Give one"
    ):
        evaluate(torch.zeros(2, 3), labels)


def test_no_samples_are_refused() -> None:
    with pytest.raises(DataError, match=r"at least 1 sample\. Found torch\.int64 labels of shape \(0,\)"):
        evaluate(torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64))


def test_labels_outside_the_classes_are_refused() -> None:
    with pytest.raises(
        DataError, match=r"lie in 0\.\.2, the classes of the model\. Found 2 others, 3 among them"
    ):
        evaluate(torch.zeros(3, 3), torch.tensor([0, 3, -1]))


def test_groups_are_counted_where_they_are_known() -> None:
    logits, labels = logits_for([0, 0, 1, 1], 2), torch.tensor([0, 0, 1, 1])
    scores = evaluate(logits, labels, ["a", "a", "b", "c"])
    assert (scores.groups, scores.units, scores.samples) == (3, (1, 2), 4)
    assert (evaluate(logits, labels).groups, evaluate(logits, labels).units) == (0, ())
