import numpy as np
import pytest
import torch
from torch import nn

from lrprism.errors import InputError
from lrprism.spectral.simulate import name_parts, planted_spectra


def test_the_task_of_the_pilot() -> None:
    data = planted_spectra(train=200, validation=40, test=60, seed=3)
    assert data.x.shape == (300, 200)
    assert data.x.dtype == np.float32
    assert np.bincount(data.y).tolist() == [75] * 4
    assert [feature.role for feature in data.truth.features] == ["class"] * 3 + ["decoy"] * 4
    step = data.wavelengths[1] - data.wavelengths[0]
    assert data.truth.features[0].fwhm == pytest.approx(9.4 * step)
    assert data.truth.noise.tolist() == [True] * 4 + [False] * 192 + [True] * 4
    # half of 9.4 bands on each side of a band: 4 and the band itself and 4
    assert data.truth.bands.sum() == 3 * 9
    assert [len(data.rows(part)) for part in ("train", "validation", "test")] == [200, 40, 60]


def test_neighbouring_bands_go_together_and_noise_bands_do_not() -> None:
    data = planted_spectra(train=1000, validation=0, test=0, seed=0)
    correlation = np.corrcoef(data.x.T)
    assert np.median(np.diag(correlation[4:-4, 4:-4], 1)) > 0.98
    assert np.abs(np.diag(correlation[:4, :4], 1)).max() < 0.1


def test_another_seed_is_another_task() -> None:
    first, second = (planted_spectra(train=40, validation=0, test=0, seed=seed) for seed in (0, 1))
    assert first.truth.features != second.truth.features
    assert (first.x != second.x).any()


def test_a_blind_feature_takes_the_place_of_a_decoy() -> None:
    data = planted_spectra(train=400, validation=0, test=400, blind=True)
    roles = [feature.role for feature in data.truth.features]
    assert roles == ["class"] * 3 + ["blind"] + ["decoy"] * 3
    assert data.truth.blind.sum() >= 9
    assert not (data.truth.blind & data.truth.bands).any()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train": -1}, "the samples of each part should be 0 or more. Found -1"),
        ({"bands": 1}, "bands should be 2 or more. Found 1"),
        ({"fwhm_bands": 60.0}, "7 features of .* should fit 1.6 widths apart"),
        ({"train": 4, "validation": 0, "test": 0}, "samples should be 16 or more, 4 for each of 4 classes"),
    ],
)
def test_an_impossible_task_is_refused(changes: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        planted_spectra(**changes)


def test_the_samples_for_training_come_first() -> None:
    assert name_parts(2, 0, 1).tolist() == ["train", "train", "test"]


@pytest.mark.parametrize("centred", [True, False], ids=["standardised", "raw"])
def test_a_network_learns_the_task(centred: bool) -> None:
    data = planted_spectra(train=1500, validation=0, test=500, seed=0)
    (x, y), (test_x, test_y) = data.select("train"), data.select("test")
    offset = x.mean(axis=0) if centred else np.float32(0)
    train, test = (torch.from_numpy((values - offset) / x.std(axis=0)) for values in (x, test_x))
    torch.manual_seed(0)
    layers: list[nn.Module] = [nn.Unflatten(1, (1, -1))]
    for channels, filters in ((1, 16), (16, 32)):
        layers += [nn.Conv1d(channels, filters, 9, padding=4, stride=2), nn.ReLU(), nn.MaxPool1d(2)]
    network = nn.Sequential(*layers, nn.Flatten(), nn.Linear(32 * 12, 64), nn.ReLU(), nn.Linear(64, 4))
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3)
    labels = torch.from_numpy(y)
    for _ in range(14):
        for rows in torch.randperm(len(train)).split(50):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(train[rows]), labels[rows]).backward()
            optimizer.step()
    with torch.no_grad():
        accuracy = float((network(test).argmax(dim=1).numpy() == test_y).mean())
    print(f"accuracy {accuracy:.3f}")
    assert accuracy >= 0.9
