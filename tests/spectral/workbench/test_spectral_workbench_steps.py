from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.signal import savgol_filter
from torch import nn

import lrprism as lp
from lrprism.spectral.workbench.steps import STEPS, fitted_steps, parse_steps, unfitted_steps

NM = np.linspace(450.0, 900.0, 46)


def patches(bands: int = 46) -> torch.Tensor:
    smooth = torch.rand(60, bands, 3, 3, generator=torch.Generator().manual_seed(0)).cumsum(1)
    return smooth + 1


ALL = (
    "std",
    "zscore",
    "minmax",
    "snv",
    "msc",
    "continuum",
    "pairs",
    "select:0:3:10-20",
    "savgol:11:2",
    "savgol:7:3:1",
    "pca:4",
    "pca:4:whiten",
    "resample:sentinel-2a",
    "resample:landsat-8",
    "resample:500/20:700/30",
)


def test_every_step_is_among_the_examples() -> None:
    assert {step.partition(":")[0] for step in ALL} == set(STEPS)


@pytest.mark.parametrize("step", ALL)
def test_the_state_of_a_fitted_step_fits_the_one_built_from_its_words(step: str) -> None:
    fitted = nn.Sequential(*fitted_steps([step], patches(), NM))
    again = nn.Sequential(*unfitted_steps([step], NM))
    again.load_state_dict(fitted.state_dict())
    assert torch.equal(again(patches()), fitted(patches()))


@pytest.mark.parametrize("step", [each for each in ALL if each != "msc"])
def test_a_step_sees_what_the_one_before_it_made(step: str) -> None:
    second = fitted_steps(["msc", step], patches(), NM)[1]
    alone = fitted_steps([step], fitted_steps(["msc"], patches(), NM)[0](patches()), NM)[0]
    for name, value in alone.state_dict().items():
        torch.testing.assert_close(second.state_dict()[name], value, msg=name, equal_nan=True)


def test_words_become_steps_in_order() -> None:
    assert parse_steps(" savgol:11:2, snv,pca:30") == ("savgol:11:2", "snv", "pca:30")
    assert parse_steps("none") == ()


def test_numbers_reach_their_step() -> None:
    smooth = fitted_steps(["savgol:11:2:1"], patches(), NM)[0](patches())
    expected = savgol_filter(patches().numpy(), 11, 2, deriv=1, axis=1)
    np.testing.assert_allclose(smooth.numpy(), expected, atol=1e-4)
    chosen = fitted_steps(["select:40:2-4"], patches(), NM)[0](patches())
    assert torch.equal(chosen, patches()[:, [40, 2, 3, 4]])
    white = fitted_steps(["pca:3:whiten"], patches(), NM)[0](patches())
    torch.testing.assert_close(white.movedim(1, 0).flatten(1).var(1), torch.ones(3), rtol=1e-3, atol=0)


def test_a_response_file_is_kept_as_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "camera.txt").write_text("# centre fwhm\n500 20\n700.5 30\n", encoding="utf-8")
    steps = parse_steps(f"resample:{tmp_path / 'camera.txt'}")
    assert steps == ("resample:500/20:700.5/30",)
    (tmp_path / "camera.txt").unlink()
    ramp = torch.from_numpy(NM).float().view(1, -1, 1, 1)
    seen = fitted_steps(steps, ramp, NM)[0](ramp).flatten()
    torch.testing.assert_close(seen, torch.tensor([500.0, 700.5]), rtol=1e-3, atol=0)


def test_a_satellite_is_taken_where_the_data_lie() -> None:
    ramp = torch.from_numpy(NM).float().view(1, -1, 1, 1)
    seen = fitted_steps(["resample:sentinel-2a"], ramp, NM)[0](ramp).flatten()
    assert [round(nm, -1) for nm in seen.tolist()] == [500, 560, 660, 700, 740, 780, 830, 860]


def test_wavelengths_follow_pairs_and_choices() -> None:
    steps = ["pairs", "select:0:22", "resample:460/100"]
    with pytest.raises(lp.InputError, match=r"within 455 to 895 nm, .* Found 901 nm"):
        fitted_steps([*steps[:2], "resample:901/100"], patches(), NM)
    assert fitted_steps(steps, patches(), NM)[2](torch.ones(1, 2, 1, 1)).shape == (1, 1, 1, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("snv,log", r"steps among continuum, minmax, .*Found 'log'"),
        ("", r"Found ''"),
        ("resample", r"resample should say to which bands"),
        ("zscore:3", r"this step takes no numbers\. Found '3'"),
        ("savgol:11", r"should read like savgol:11:2 or savgol:11:2:1\. Found '11'"),
        ("savgol:4:2", r"window should be odd"),
        ("pca:x", r"should read like pca:30 or pca:30:whiten\. Found 'x'"),
        ("pca:3:white", r"should read like pca:30 or pca:30:whiten\. Found 'pca:3:white'"),
        ("pca:47", r"components should be a whole number from 1 to 46"),
        ("select:50", r"different band numbers in 0\.\.45"),
        ("pca:3,continuum", r"continuum needs the wavelength of each band.*Put it before pca"),
    ],
)
def test_impossible_steps_are_refused(text: str, message: str) -> None:
    with pytest.raises(lp.InputError, match=message):
        fitted_steps(parse_steps(text), patches(), NM)


def test_a_satellite_far_from_the_data_is_refused() -> None:
    with pytest.raises(lp.InputError, match=r"cover a band of sentinel-2a\. Found 3000 to 3045 nm"):
        fitted_steps(["resample:sentinel-2a"], patches(), np.arange(3000.0, 3046.0))


def test_a_response_file_without_widths_is_refused(tmp_path: Path) -> None:
    (tmp_path / "camera.txt").write_text("500\n700\n", encoding="utf-8")
    with pytest.raises(lp.DataError, match=r"should state centre and FWHM .* Add the FWHM"):
        parse_steps(f"resample:{tmp_path / 'camera.txt'}")
