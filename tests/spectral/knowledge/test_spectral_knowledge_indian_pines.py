from pathlib import Path

import numpy as np
import pytest
import tensorly.datasets

from lrprism.errors import DataError
from lrprism.spectral import Scene, load_indian_pines
from lrprism.spectral.knowledge import indian_pines as module

# Number of labelled pixels of each class, as published with the scene.
PUBLISHED_COUNTS = [46, 1428, 830, 237, 483, 730, 28, 478, 20, 972, 2455, 593, 205, 1265, 386, 93]


def test_size_and_classes(indian_pines: Scene) -> None:
    assert indian_pines.cube.shape == (200, 145, 145)
    assert indian_pines.labels.dtype == np.int64
    assert len(indian_pines.class_names) == 16
    assert (indian_pines.class_names[0], indian_pines.class_names[15]) == ("Alfalfa", "Stone-Steel-Towers")
    assert np.bincount(indian_pines.labels.values.ravel())[1:].tolist() == PUBLISHED_COUNTS


@pytest.mark.parametrize(
    ("band", "nm", "channel"),
    [
        (0, 400.0, 0),
        (11, 508.1, 11),
        (25, 646.7, 25),
        (30, 696.5, 30),
        (31, 686.9, 31),
        (34, 715.8, 34),
        (39, 764.0, 39),
        (67, 1033.3, 67),
        (102, 1352.7, 102),
        (103, 1412.4, 108),
        (143, 1809.2, 148),
        (144, 1943.3, 163),
        (199, 2489.1, 218),
    ],
)
def test_wavelengths_and_channels(indian_pines: Scene, band: int, nm: float, channel: int) -> None:
    chosen = indian_pines.cube.isel(band=band)
    assert float(chosen["wavelength"]) == pytest.approx(nm, abs=0.06)
    assert str(chosen["original_band"].values) == str(channel)
    assert 8 < float(chosen["fwhm"]) < 16


@pytest.mark.parametrize("nm", [764.0, 2003.2])
def test_lines_of_the_air_show_as_dips_where_the_wavelengths_say(indian_pines: Scene, nm: float) -> None:
    """O2 at 761 nm checks the first mapping of channels, CO2 at 2005 nm the last one."""
    spectrum = indian_pines.cube.mean(("y", "x"))
    band = int(np.abs(spectrum["wavelength"].values - nm).argmin())
    middle, before, after = (float(spectrum[band + shift]) for shift in (0, -2, 2))
    assert middle < before
    assert middle < after


def test_whom_to_name_and_what_was_assumed(indian_pines: Scene) -> None:
    attrs = indian_pines.cube.attrs
    for part in ("Baumgardner", "10.4231/R7RX991C", "CC BY 3.0", "tensorly"):
        assert part in attrs["attribution"]
    assert attrs["quantity"] == "radiance"
    assert attrs["units"] == "µW cm⁻² nm⁻¹ sr⁻¹"
    assert any("(value - 1000) / 500" in note for note in attrs["assumed"])
    assert any("104-108, 150-163 and 220" in note for note in attrs["assumed"])


def test_values_are_decoded_so_that_zero_means_no_light(indian_pines: Scene) -> None:
    # the mean of band 39 as stored is 4138, between 5938 and 6094; the stored range is 955 to 9604
    means = indian_pines.cube[38:41].mean(("y", "x")).values
    np.testing.assert_allclose(
        means, [(5938 - 1000) / 500, (4138 - 1000) / 500, (6094 - 1000) / 500], rtol=2e-3
    )
    assert float(indian_pines.cube.min()) == pytest.approx((955 - 1000) / 500)
    assert float(indian_pines.cube.max()) == pytest.approx((9604 - 1000) / 500)
    water = indian_pines.cube.sel(band=144)  # 1943 nm: the air takes nearly all light
    assert abs(float(water.mean())) < 0.05


def test_another_scene_in_tensorly_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensorly.datasets, "load_indian_pines", lambda: {"tensor": np.zeros((2, 2, 220))})
    with pytest.raises(DataError, match=r"Indian Pines should have 200 bands. Found 220"):
        load_indian_pines()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"should hold tests/data/92AV3C.spc, .* Found no such file"),
        ("head\n----\n400 10 1 1 1\n410 10 1 1 2", r"should list 220 channels in 5 columns. Found \(2, 5\)"),
    ],
)
def test_a_wrong_wavelength_file_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None, message: str
) -> None:
    (tmp_path / "tests" / "data").mkdir(parents=True)
    if content is not None:
        (tmp_path / "tests" / "data" / "92AV3C.spc").write_text(content)
    monkeypatch.setattr(module, "files", lambda _: tmp_path)
    with pytest.raises(DataError, match=message):
        load_indian_pines()
