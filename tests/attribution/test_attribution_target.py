from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from lrprism import presets

LRP_0 = presets.Epsilon(0)


@pytest.fixture
def classifier() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 8, bias=False), nn.ReLU(), nn.Linear(8, 3, bias=False)).double()


@pytest.fixture
def x() -> Tensor:
    return torch.randn(4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def explained_sum(model: nn.Module, x: Tensor, target: object) -> Tensor:
    relevance = lp.LRP(model, LRP_0).explain(x, target).relevance  # type: ignore[arg-type]
    assert isinstance(relevance, Tensor)
    return relevance.sum(-1)


def test_none_explains_the_predicted_class(classifier: nn.Module, x: Tensor) -> None:
    explanation = lp.LRP(classifier, LRP_0).explain(x)
    assert torch.equal(explanation.target, classifier(x).argmax(1))
    torch.testing.assert_close(explanation.relevance.sum(1), classifier(x).amax(1), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("target", [[2, 0, 1, 1], (2, 0, 1, 1), torch.tensor([2, 0, 1, 1])])
def test_one_class_per_sample(classifier: nn.Module, x: Tensor, target: object) -> None:
    expected = classifier(x)[torch.arange(4), torch.tensor([2, 0, 1, 1])]
    torch.testing.assert_close(explained_sum(classifier, x, target), expected, rtol=1e-12, atol=1e-12)


def test_one_class_for_all(classifier: nn.Module, x: Tensor) -> None:
    torch.testing.assert_close(explained_sum(classifier, x, 2), classifier(x)[:, 2], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("composite", [LRP_0, presets.Epsilon(), presets.EpsilonGamma()])
def test_all_equals_one_class_after_the_other(
    classifier: nn.Module, x: Tensor, composite: lp.Composite
) -> None:
    explainer = lp.LRP(classifier, composite)
    together = explainer.explain(x, "all", layers=["1"])
    assert together.target.tolist() == [0, 1, 2]
    for each in range(3):
        alone = explainer.explain(x, each, layers=["1"])
        torch.testing.assert_close(together.relevance[each], alone.relevance, rtol=0, atol=0)
        torch.testing.assert_close(together.layers["1"][each], alone.layers["1"], rtol=0, atol=0)


def test_a_callable_contrasts_two_classes(classifier: nn.Module, x: Tensor) -> None:
    def contrast(output: Tensor) -> Tensor:
        return torch.tensor([1.0, -1.0, 0.0]).expand_as(output)

    z = classifier(x)
    torch.testing.assert_close(
        explained_sum(classifier, x, contrast), z[:, 0] - z[:, 1], rtol=1e-12, atol=1e-12
    )


def test_a_single_logit_explains_the_predicted_side() -> None:
    model = nn.Linear(2, 1, bias=False).double()
    model.weight.data = torch.tensor([[1.0, -1.0]], dtype=torch.float64)
    x = torch.tensor([[3.0, 1.0], [1.0, 3.0]], dtype=torch.float64)  # logits 2 and -2
    explanation = lp.LRP(model, LRP_0).explain(x)
    assert explanation.target.tolist() == [1, 0]
    assert explanation.relevance.tolist() == [[3.0, -1.0], [-1.0, 3.0]]
    assert explained_sum(model, x, 0).tolist() == [-2.0, 2.0]
    assert explained_sum(model, x, "all").tolist() == [[-2.0, 2.0], [2.0, -2.0]]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (3, r"target should be a class from 0 to 2, as the model has 3\. Found 3\."),
        (-1, r"target should be a class from 0 to 2, as the model has 3\. Found -1\."),
        ([0, 1], r"target should be one class or one per sample \(4\)\. Found shape \(2,\)\."),
        (1.0, r"target should hold whole numbers\. Found torch.float32\."),
        (
            "every",
            r"one class per sample, 'all', each\(\.\.\.\) or a callable\. Found 'every'\.",
        ),
        (
            lambda z: z[:, 0],
            r"a callable target should return a seed of the output's shape \(4, 3\)\. Found \(4,\)\.",
        ),
        (lambda _: 1, r"a callable target should return a seed of the output's shape \(4, 3\)\. Found int\."),
    ],
)
def test_bad_targets(
    classifier: nn.Module, x: Tensor, target: int | Callable[[Tensor], Tensor], message: str
) -> None:
    with pytest.raises(lp.TargetError, match=message):
        lp.explain(classifier, x, target)


def test_an_output_that_is_not_n_by_classes() -> None:
    with pytest.raises(
        lp.TargetError,
        match=r"output should be \(N, classes\) to explain a class\. Found shape \(2, 3, 4\)\.",
    ):
        lp.explain(nn.Linear(5, 4), torch.rand(2, 3, 5))
