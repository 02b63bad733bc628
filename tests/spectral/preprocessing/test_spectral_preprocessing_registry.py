"""Steps by their names: what the registry says of each, and steps read, fitted and built again."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.signal import savgol_filter
from torch import Tensor, nn

import lrprism as lp
from lrprism.spectral.preprocessing import (
    STEPS,
    AbstractStep,
    StepEntry,
    StepInput,
    build_steps,
    parse_steps,
)

NM = np.linspace(450.0, 900.0, 46)
VARIANTS = ("savgol:7:3:1", "pca:4:whiten", "resample:landsat-8", "resample:500/20:700/30")
EXAMPLES = (*(entry.example or entry.name for entry in STEPS.values()), *VARIANTS)


def patches(bands: int = 46) -> Tensor:
    smooth = torch.rand(60, bands, 3, 3, generator=torch.Generator().manual_seed(0)).cumsum(1)
    return smooth + 1


def build(text: str, data: Tensor | None = None) -> nn.Sequential:
    return nn.Sequential(*build_steps(text.split(","), NM, data))


@pytest.mark.parametrize("entry", STEPS.values(), ids=str)
def test_an_entry_is_complete(entry: StepEntry) -> None:
    assert issubclass(entry.step, AbstractStep)
    assert entry.help
    assert "\n" not in entry.help
    assert bool(entry.spelling) is bool(entry.example)
    assert entry.example.startswith(f"{entry.name}:" if entry.spelling else "")
    assert str(entry).partition(":")[0] == entry.name == next(k for k, v in STEPS.items() if v is entry)


@pytest.mark.parametrize("text", EXAMPLES)
@pytest.mark.parametrize("fitted", [True, False])
def test_a_step_states_the_shape_of_its_output(text: str, fitted: bool) -> None:
    data = patches()[:30]
    step = build_steps([text], NM, data if fitted else None)[0]
    for x in (data, data[:, :, 0, 0]):
        assert step.output_shape(x.shape) == step(x).shape


@pytest.mark.parametrize("text", EXAMPLES)
@pytest.mark.parametrize("fitted", [True, False])
def test_a_step_states_the_wavelengths_of_its_output(text: str, fitted: bool) -> None:
    """Spectra that are the wavelengths themselves: a step that moves or mixes bands moves them alike."""
    step = build_steps([text], NM, patches() if fitted else None)[0]
    stated = step.output_wavelengths(NM)
    seen = step(torch.from_numpy(NM)[None])[0].numpy()
    if stated is None:
        assert text.startswith("pca:")
    elif len(seen) == len(NM):  # every band in its place
        np.testing.assert_array_equal(stated, NM)
    else:  # the response of a broad band at the end of the data leans to the inside
        np.testing.assert_allclose(stated, seen, atol=10 if text.startswith("resample") else 1e-9)


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_state_of_a_fitted_step_fits_the_one_built_from_its_words(text: str) -> None:
    fitted, again = build(text, patches()), build(text)
    again.load_state_dict(fitted.state_dict())
    assert torch.equal(again(patches()), fitted(patches()))


@pytest.mark.parametrize("text", [text for text in EXAMPLES if text != "msc"])
def test_a_step_is_fitted_behind_the_one_before_it(text: str) -> None:
    behind = build(f"msc,{text}", patches())[1]
    alone = build(text, build("msc", patches())(patches()))[0]
    for name, value in alone.state_dict().items():
        torch.testing.assert_close(behind.state_dict()[name], value, msg=name, equal_nan=True)


def test_words_become_steps_in_order() -> None:
    assert parse_steps(" savgol:11:2, snv,pca:30") == ("savgol:11:2", "snv", "pca:30")
    assert parse_steps("none") == ()


def test_numbers_reach_their_step() -> None:
    smooth = build("savgol:11:2:1", patches())(patches())
    expected = savgol_filter(patches().numpy(), 11, 2, deriv=1, axis=1)
    np.testing.assert_allclose(smooth.numpy(), expected, atol=1e-4)
    chosen = build("select:40:2-4", patches())(patches())
    assert torch.equal(chosen, patches()[:, [40, 2, 3, 4]])
    white = build("pca:3:whiten", patches())(patches())
    torch.testing.assert_close(white.movedim(1, 0).flatten(1).var(1), torch.ones(3), rtol=1e-3, atol=0)


def test_a_response_file_is_replaced_by_its_content(tmp_path: Path) -> None:
    (tmp_path / "camera.txt").write_text("# centre fwhm\n500 20\n700.5 30\n", encoding="utf-8")
    steps = parse_steps(f"resample:{tmp_path / 'camera.txt'}")
    assert steps == ("resample:500/20:700.5/30",)
    (tmp_path / "camera.txt").unlink()
    ramp = torch.from_numpy(NM).float().view(1, -1, 1, 1)
    seen = build_steps(steps, NM, ramp)[0](ramp).flatten()
    torch.testing.assert_close(seen, torch.tensor([500.0, 700.5]), rtol=1e-3, atol=0)


def test_bands_of_a_satellite_are_those_that_the_data_cover() -> None:
    ramp = torch.from_numpy(NM).float().view(1, -1, 1, 1)
    seen = build("resample:sentinel-2a", ramp)(ramp).flatten()
    assert [round(nm, -1) for nm in seen.tolist()] == [500, 560, 660, 700, 740, 780, 830, 860]


@pytest.mark.parametrize("data", [patches(), None])
def test_wavelengths_follow_pairs_and_choices(data: Tensor | None) -> None:
    steps = ["pairs", "select:0:22", "resample:460/100"]
    with pytest.raises(lp.InputError, match=r"within 455 to 895 nm, .* Found 901 nm"):
        build_steps([*steps[:2], "resample:901/100"], NM, data)
    assert build_steps(steps, NM, data)[2](torch.ones(1, 2, 1, 1)).shape == (1, 1, 1, 1)


@pytest.mark.parametrize("data", [patches(), None])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("snv,log", r"steps among .*msc, .*Found 'log'"),
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
def test_impossible_steps_are_refused(text: str, message: str, data: Tensor | None) -> None:
    with pytest.raises(lp.InputError, match=message):
        build_steps(parse_steps(text), NM, data)


def test_a_satellite_far_from_the_data_is_refused() -> None:
    with pytest.raises(lp.InputError, match=r"cover a band of sentinel-2a\. Found 3000 to 3045 nm"):
        build_steps(["resample:sentinel-2a"], np.arange(3000.0, 3046.0))


def test_a_response_file_without_widths_is_refused(tmp_path: Path) -> None:
    (tmp_path / "camera.txt").write_text("500\n700\n", encoding="utf-8")
    with pytest.raises(lp.DataError, match=r"should state centre and FWHM .* Add the FWHM"):
        parse_steps(f"resample:{tmp_path / 'camera.txt'}")


def test_a_new_entry_is_a_step_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STEPS, "halves", StepEntry("halves", STEPS["pairs"].step, "average pairs"))
    assert build("halves,pca:2")(patches()).shape == (60, 2, 3, 3)
    with pytest.raises(lp.InputError, match=r"steps among .*halves"):
        parse_steps("log")


def test_wavelengths_are_asked_for_by_the_name_of_the_step() -> None:
    assert StepInput(2, NM[:2]).require_wavelengths("resample") is not None
    with pytest.raises(lp.InputError, match=r"^resample needs the wavelength of each band\. Found principal"):
        StepInput(2).require_wavelengths("resample")
