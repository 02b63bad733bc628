from pathlib import Path

import pytest
import torch

from lrprism.evaluation import Interval, measure_curves
from lrprism.spectral.workbench.candidates import Candidate
from lrprism.spectral.workbench.part_samples import open_own_samples, read_part
from lrprism.spectral.workbench.removal import Removal
from lrprism.spectral.workbench.trained_network import TrainedNetwork
from lrprism.spectral.workbench.trust import describe_trust, measure_trust
from small_runs import SILENT


def test_the_figures_are_those_of_the_maps_on_the_test_part(spectra_run: Path) -> None:
    trained, candidate = TrainedNetwork.load(spectra_run), Candidate("epsilon", "mean")
    trust = measure_trust(trained, candidate, 0, SILENT)
    removal = Removal.prepare(trained, open_own_samples(trained), read_part(trained, "test"), most=80, seed=0)
    x, target = removal.x, removal.target
    relevance = candidate.build_method(trained.record, removal.wavelengths)(removal.model, x, target)
    for imputer in removal.imputers:
        curves = measure_curves(removal.model, x, target, relevance, regions=removal.regions, imputer=imputer)
        figure, low, high = trust["srg"][imputer.name]["maps"]
        assert figure == pytest.approx(curves.srg.mean().item(), abs=1e-5)
        assert low < figure < high
        # of a random ranking: about 0
        assert abs(trust["srg"][imputer.name]["random"][0]) < 0.2
    assert trust["lines"][0] == (
        "How far the maps can be trusted: those of epsilon@mean know more than a random ranking."
    )
    assert "not that single bands are right" in "".join(trust["lines"])


def test_maps_that_know_nothing_are_named(spectra_run: Path) -> None:
    # the flat rule on a linear layer at the input is a constant; a convolution is more than that
    trained = TrainedNetwork.load(spectra_run)
    trust = measure_trust(trained, Candidate("epsilon", pool=1e6), 0, SILENT)
    # a box over all bands leaves the same relevance in each
    assert trust["lines"][0].endswith("no more than a random ranking: do not trust them.")


def test_a_network_at_chance_level_is_said_and_nothing_is_measured(spectra_run: Path) -> None:
    trained = TrainedNetwork.load(spectra_run)
    with torch.no_grad():
        for parameter in trained.model.network.parameters():
            parameter.zero_()
    trust = measure_trust(trained, Candidate("epsilon"), 0, SILENT)
    assert trust.keys() == {"lines"}
    assert trust["lines"][0].startswith("Do not trust the maps: the model should predict better than chance")


def test_better_than_one_random_ranking_is_not_enough(spectra_run: Path) -> None:
    trained = TrainedNetwork.load(spectra_run)
    samples, tested = open_own_samples(trained), read_part(trained, "test")
    removal = Removal.prepare(trained, samples, tested, most=30, seed=0)
    sure = {"maps": Interval(0.5, 0.4, 0.6), "random": Interval(0, 0, 0), "gain": Interval(0.5, 0.4, 0.6)}
    lucky = {
        "maps": Interval(0.05, -0.01, 0.1),
        "random": Interval(-0.1, -0.2, 0.0),
        "gain": Interval(0.15, 0.05, 0.3),
    }
    lines = describe_trust("epsilon", removal, {"training mean": sure, "interpolation": lucky})
    assert lines[0].endswith("more than a random ranking under training mean alone: trust them with care.")
    assert "  filled in by interpolation: 0.050 [-0.010, 0.100], a random ranking -0.100" in "\n".join(lines)
    lines = describe_trust("epsilon", removal, {"training mean": sure, "interpolation": sure})
    assert lines[0].endswith("know more than a random ranking.")
