import importlib.util

import pytest
import torch

from lrprism.errors import InputError
from lrprism.evaluation.benchmarks import pulses

HAS_PACKAGE = importlib.util.find_spec("xaitimesynth") is not None


def make_by_hand() -> pulses.Pulses:
    """Return noise of two classes with what the package's metrics read: the window is the first 30 steps."""
    x = torch.randn(64, 1, pulses.STEPS, generator=torch.Generator().manual_seed(0))
    y = torch.arange(64) % 2
    x[:, 0, :30] += 4 * y[:, None]
    mask = torch.zeros(64, pulses.STEPS, dtype=torch.bool)
    mask[:, :30] = True
    metadata = {"n_samples": 64, "n_timesteps": pulses.STEPS, "n_dimensions": 1}
    return pulses.Pulses(
        x, y, {"metadata": metadata, "feature_masks": {"class_0_feature_dim0": mask.numpy()}}
    )


@pytest.mark.skipif(HAS_PACKAGE, reason="the package is there")
def test_a_missing_package_is_named() -> None:
    with pytest.raises(InputError, match=r"by the package xaitimesynth\. Found: .*'lrprism\[eval\]'"):
        pulses.make_data(0)


@pytest.mark.skipif(not HAS_PACKAGE, reason="needs the extra eval")
def test_series_are_the_packages() -> None:
    first, again, other = (pulses.make_data(seed, 40) for seed in (0, 0, 1))
    assert first.x.shape == (40, 1, 100)
    assert torch.equal(first.x, again.x)
    assert not torch.equal(first.x, other.x)
    assert first.y.bincount().tolist() == [20, 20]
    # relevance in the window alone has every score at its best
    masks = [torch.as_tensor(mask) for mask in first.source["feature_masks"].values()]
    window = torch.stack(masks).any(0).reshape(40, 1, 100)
    assert window.sum(2).eq(30).all()
    assert set(pulses.score(window.float(), first).values()) == {1.0}


def test_relevance_has_the_shape_of_the_series() -> None:
    with pytest.raises(InputError, match=r"shape of the series, \(64, 1, 100\)\. Found \(64, 100\)"):
        pulses.score(torch.ones(64, 100), make_by_hand())


def test_a_small_network_learns() -> None:
    data = make_by_hand()
    model = pulses.train(data, 0, steps=20)
    assert not model.training
    assert sum(layer.weight.numel() > 0 for layer in model if isinstance(layer, torch.nn.Conv1d)) == 3
    with torch.no_grad():
        assert (model(data.x).argmax(1) == data.y).double().mean() > 0.9
