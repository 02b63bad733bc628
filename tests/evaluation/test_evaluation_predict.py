from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lrprism.errors import InputError, ModelError
from lrprism.evaluation import attribute, read_logits, read_target
from lrprism.evaluation.predict import check_targets, count_at_once, set_to_evaluate


def test_logits_are_those_of_eval_mode_and_the_mode_is_restored() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Dropout(0.9))
    model[2].eval()
    modes = [module.training for module in model.modules()]
    before = {name: value.clone() for name, value in model.state_dict().items()}
    x = torch.rand(7, 4)
    logits = read_logits(model, x)
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    torch.testing.assert_close(logits, model.eval()(x).detach())
    assert not logits.requires_grad


def test_batches_give_what_one_call_gives() -> None:
    model = nn.Linear(5000, 2)
    x = torch.rand(70, 5000)
    assert count_at_once(x) < 70
    with torch.no_grad():
        torch.testing.assert_close(read_logits(model, x), model(x))


def test_the_followed_output_is_the_probability_or_the_logit_of_the_target() -> None:
    def model(x: Tensor) -> Tensor:
        return torch.stack([x[:, 0], x[:, 1]], dim=1)

    x, target = torch.tensor([[0.0, torch.log(torch.tensor(3.0))]]), torch.tensor([1])
    assert read_target(model, x, target, "probability").item() == pytest.approx(3 / 4)
    assert read_target(model, x, target, "logit").item() == pytest.approx(1.0986, abs=1e-4)
    with pytest.raises(InputError, match=r"output should be one of probability, logit. Found 'softmax'"):
        read_target(model, x, target, "softmax")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("output", "shown"),
    [(torch.zeros(3), "shape \\(3,\\)"), (torch.zeros(3, 1), "shape \\(3, 1\\)"), ([1], "list")],
)
def test_a_model_without_logits_per_class_is_refused(output: Any, shown: str) -> None:
    with pytest.raises(ModelError, match=f"logits of shape .* for N=3 samples.*Found {shown}"):
        read_logits(lambda x: output, torch.rand(3, 2))  # noqa: ARG005


def test_logits_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ModelError, match=r"logits should be finite. Found 2 of 4"):
        read_logits(torch.log, torch.tensor([[0.0, 1.0], [0.0, 2.0]]))


def test_a_method_meets_the_model_in_eval_mode_and_a_copy_of_the_samples() -> None:
    model = nn.Sequential(nn.Dropout(0.5), nn.Linear(3, 2))
    x, target = torch.rand(4, 3), torch.zeros(4).long()
    before = x.clone()

    def method(network: nn.Module, samples: Tensor, target: Tensor) -> Tensor:
        assert not any(module.training for module in network.modules())
        samples.requires_grad_()
        (gradient,) = torch.autograd.grad(network(samples).gather(1, target[:, None]).sum(), samples)
        samples.data.zero_()
        return gradient

    relevance = attribute(method, model, x, target)
    torch.testing.assert_close(relevance, model[1].weight[0].detach().expand(4, 3))
    assert torch.equal(x, before)
    assert model.training
    assert not relevance.requires_grad


def test_a_model_is_restored_after_an_exception() -> None:
    model = nn.Linear(2, 2)
    with pytest.raises(KeyError), set_to_evaluate(model):
        raise KeyError
    assert model.training


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ([1.0], "'mine' should return a tensor of relevance. Found list"),
        (torch.ones(4), r"'mine' should return relevance of the samples' shape \(4, 3\). Found \(4,\)"),
        (torch.full((4, 3), torch.nan), "'mine' should return finite relevance. Found 12 of 12 values"),
    ],
)
def test_what_is_no_relevance_is_refused_with_its_name(result: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        attribute(lambda *_: result, nn.Linear(3, 2), torch.rand(4, 3), torch.zeros(4).long(), "mine")


def test_samples_and_targets_are_checked() -> None:
    x = torch.rand(3, 2)
    check_targets(x, torch.tensor([0, 1, 1]), 2)
    with pytest.raises(InputError, match=r"finite floating-point samples.*Found torch.int64"):
        check_targets(x.long(), torch.tensor([0, 1, 1]), 2)
    with pytest.raises(InputError, match="1 values not finite"):
        check_targets(torch.tensor([[1.0, torch.nan]]), torch.tensor([0]), 2)
    for target in (torch.tensor([0, 1, 2]), torch.tensor([0, 1]), torch.rand(3)):
        with pytest.raises(InputError, match="one class from 0 to 1 for each of the 3 samples"):
            check_targets(x, target, 2)


@pytest.mark.parametrize("x", [torch.zeros(0, 3), [[1.0, 2.0]], torch.tensor(1.0)])
def test_no_samples_are_refused(x: Any) -> None:
    target = torch.zeros(0).long()
    for call in (lambda: read_logits(nn.Linear(3, 2), x), lambda: attribute(repeat, None, x, target)):
        with pytest.raises(
            InputError, match=r"x should be a tensor of at least one sample, \[N, ...\]. Found"
        ):
            call()


def repeat(model: Any, x: Tensor, target: Tensor) -> Tensor:  # noqa: ARG001
    return x


@pytest.mark.parametrize(
    ("target", "found"),
    [
        (torch.tensor([0, 2]), "values 0 to 2"),
        (torch.tensor([0, -1]), "values -1 to 0"),
        (torch.tensor([0.0, 1.0]), "Found torch.float32"),
        (torch.tensor([0]), r"of shape \(1,\)"),
    ],
)
def test_a_target_that_is_no_class_is_refused(target: Tensor, found: str) -> None:
    with pytest.raises(InputError, match=f"one class from 0 to 1 for each of the 2 samples.*{found}"):
        read_target(nn.Linear(3, 2), torch.rand(2, 3), target, "logit")


def test_classes_of_any_integer_type_are_read() -> None:
    model, x = nn.Linear(3, 2), torch.rand(2, 3)
    long = torch.tensor([1, 0])
    for dtype in (torch.uint8, torch.int8, torch.int16, torch.int32):
        read = read_target(model, x, long.to(dtype), "logit")
        assert torch.equal(read, read_target(model, x, long, "logit"))


def test_targets_and_relevance_of_another_kind_are_refused() -> None:
    x = torch.rand(2, 3)
    with pytest.raises(
        InputError, match=r"one class for each of the 2 samples. Found torch.int64 of shape \(3,\)"
    ):
        attribute(repeat, None, x, torch.zeros(3).long())
    with pytest.raises(InputError, match=r"'wave' should return real relevance\. Found torch.complex64"):
        attribute(lambda model, x, target: x + 0j, None, x, torch.zeros(2).long(), name="wave")  # noqa: ARG005
