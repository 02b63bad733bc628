"""A composite chosen by SRG on samples of the network, without truth."""

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from lrprism.attribution.auto import CANDIDATES, _divide
from lrprism.evaluation import Constant, Interpolation, bands, choose


def spectra(count: int = 60) -> tuple[Tensor, Tensor]:
    """Two classes that differ in bands 4 to 6 of 24, far from zero everywhere."""
    generator = torch.Generator().manual_seed(0)
    x = 5 + torch.randn(count, 1, 24, generator=generator) / 4
    y = torch.arange(count) % 2
    x[:, 0, 4:7] += y[:, None].float()
    return x, y


@pytest.fixture(scope="module")
def network() -> nn.Module:
    x, y = spectra()
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv1d(1, 8, 3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(8 * 24, 8),
        nn.ReLU(),
        nn.Linear(8, 2),
    )
    optimizer = torch.optim.Adam(model.parameters(), 2e-3)
    for _ in range(150):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    return model.eval()


def test_the_winner_has_the_best_mean_srg_of_all_candidates(network: nn.Module) -> None:
    x, _ = spectra()
    chosen = lp.LRP(network, "auto", samples=x).chosen
    assert chosen is not None
    mean = x.mean(0, keepdim=True)
    with torch.no_grad():
        predicted = network(x).argmax(1)

    def method(model: nn.Module, x: Tensor, target: Tensor) -> Tensor:
        return (
            lp.LRP(model, chosen.candidate.composite).explain(x, target, reference=chosen.reference).relevance
        )

    alone = choose(
        network,
        x,
        predicted,
        {"": method},
        [Constant(mean[0]), Interpolation(mean[0], axis=2)],
        bands(x, 1, 2),
    )
    assert chosen.ranking.candidates[0].score.value == pytest.approx(alone.candidates[0].score.value)
    scores = [candidate.score.value for candidate in chosen.ranking.candidates]
    assert scores == sorted(scores, reverse=True)
    assert {candidate.name for candidate in chosen.ranking.candidates} == {str(one) for one in CANDIDATES}


def test_the_chosen_reference_is_the_default_and_the_plan_says_the_choice(network: nn.Module) -> None:
    x, _ = spectra()
    explainer = lp.LRP(network, "auto", samples=x)
    assert explainer.chosen is not None
    assert explainer.chosen.reference is not None  # zero is far from these spectra
    explanation = explainer.explain(x[:3])
    assert explanation.reference_output is not None
    assert str(explainer.plan(x[:3])).startswith(f"chosen on 60 samples: {explainer.chosen.ranking.best}")
    # another reference may still be asked for
    other = explainer.explain(x[:3], reference=0.0)
    assert not torch.equal(other.relevance, explanation.relevance)


@pytest.mark.parametrize(
    ("samples", "found"),
    [
        (None, r"Found none\."),
        (torch.zeros(20, 24, dtype=torch.int64), r"Found torch\.int64\."),
        (torch.full((20, 24), torch.nan), r"samples should be finite\. Found 480 of 480"),
        (torch.rand(9, 24), r"at least 10, \(N, \.\.\.\)\. Found shape \(9, 24\)"),
    ],
)
def test_nothing_to_choose_by_is_refused(samples: Tensor | None, found: str) -> None:
    with pytest.raises(lp.InputError, match=found):
        lp.LRP(nn.Linear(24, 2), "auto", samples=samples)


def test_a_network_that_answers_alike_to_all_is_refused() -> None:
    model = nn.Linear(24, 2)
    nn.init.zeros_(model.weight)
    with pytest.raises(lp.ModelError, match="Found the same logits for all: there is nothing to explain"):
        lp.LRP(model, "auto", samples=torch.rand(20, 24))


def test_samples_beside_a_composite_are_refused() -> None:
    with pytest.raises(lp.InputError, match=r"samples should be given with composite='auto'.*Epsilon\(eps=0"):
        lp.LRP(nn.Linear(24, 2), lp.presets.Epsilon(0), samples=torch.rand(20, 24))


class Branching(nn.Module):
    """Takes another way for spectra without noise, as their mean is."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(24, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x if x.std() > 0.5 else x.exp())


def test_a_mean_that_takes_another_branch_is_left_out_and_said() -> None:
    torch.manual_seed(0)
    chosen = lp.LRP(Branching(), "auto", samples=torch.randn(60, 24)).chosen
    assert chosen is not None
    assert chosen.reference is None
    assert not any("mean of the samples" in one.name for one in chosen.ranking.candidates)
    assert str(chosen).endswith(
        "; against zero alone, as the network takes other calls on the mean of the samples"
    )


@pytest.mark.parametrize(
    ("shape", "axis", "count"),
    [
        ((80,), 1, 40),
        ((1, 80), 2, 40),
        ((2, 80), 2, 40),
        ((80, 9), 1, 40),
        ((80, 5, 5), 1, 40),
        ((1, 80, 5, 5), 2, 40),
        ((3, 12, 12), None, 36),
        ((1, 12, 12), None, 36),
    ],
)
def test_regions_lie_along_the_bands(shape: tuple[int, ...], axis: int | None, count: int) -> None:
    samples = torch.rand(10, *shape)
    regions, imputer = _divide(samples, samples.mean(0, keepdim=True))
    assert regions.count == count
    assert getattr(imputer, "axis", None) == axis
