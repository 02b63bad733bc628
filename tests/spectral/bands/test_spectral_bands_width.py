import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral import Scene, estimate_width

NM = np.linspace(400, 1000, 200)
STEP = NM[1] - NM[0]


def draw_features(fwhm: float, *, seed: int = 0, samples: int = 400, noise: float = 0.02) -> np.ndarray:
    """Gaussian features of random strength all over the axis, brightness, and noise of every band."""
    generator = np.random.default_rng(seed)
    centres = np.arange(380, 1020, fwhm / 3)
    shapes = np.exp(-4 * np.log(2) * ((NM - centres[:, None]) / fwhm) ** 2)
    features = generator.normal(size=(samples, len(centres))) @ shapes
    brightness = 1 + 0.3 * generator.normal(size=(samples, 1))
    leaf = 5 + 3 * np.tanh((NM - 700) / 40)
    return brightness * leaf + 0.1 * features + noise * generator.normal(size=features.shape)


def read_width_by_formula(fwhm: float, step: float) -> float:
    """Twice where (1 - u²) exp(-u²/2) has fallen to a fifth of its value at two steps, by a fine search."""
    d = np.linspace(0, fwhm, 100_001)
    u = d * np.sqrt(4 * np.log(2)) / fwhm
    curve = (1 - u**2) * np.exp(-(u**2) / 2)
    start = np.interp(2 * step, d, curve)
    return 2 * float(d[np.flatnonzero(curve <= start / 5)[0]])


@pytest.mark.parametrize("fwhm", [20.0, 30.0, 60.0])
def test_features_of_gaussian_shape_give_the_width_of_the_formula(fwhm: float) -> None:
    expected = read_width_by_formula(fwhm, STEP)
    assert 0.9 * fwhm < expected < 1.1 * fwhm
    assert estimate_width(draw_features(fwhm), NM) == pytest.approx(expected, rel=0.15)


@pytest.mark.parametrize("noise", [0.001, 0.02, 0.1])
def test_noise_does_not_change_the_width(noise: float) -> None:
    assert estimate_width(draw_features(30, noise=noise), NM) == pytest.approx(
        read_width_by_formula(30, STEP), rel=0.2
    )


def test_white_noise_has_the_width_of_one_band() -> None:
    generator = np.random.default_rng(0)
    for trial in range(100):
        samples, bands = generator.integers(5, 100), generator.integers(4, 120)
        wavelength = np.linspace(400, 1000, bands)
        spectra = generator.normal(size=(samples, bands))
        if trial % 2:  # brightness makes all bands alike, not neighbours
            spectra += 20 * generator.normal(size=(samples, 1)) * np.tanh((wavelength - 700) / 100)
        assert estimate_width(spectra, wavelength) == pytest.approx(wavelength[1] - wavelength[0])


def test_classes_that_differ_everywhere_do_not_widen_it() -> None:
    spectra = draw_features(20)
    labels = np.arange(len(spectra)) % 3
    mean = np.stack([np.sin(NM / 90), np.cos(NM / 60), np.tanh((NM - 800) / 90)])
    narrow = estimate_width(spectra, NM)
    assert estimate_width(spectra + 3 * mean[labels], NM, labels) == pytest.approx(narrow, rel=0.1)
    assert estimate_width(spectra + 3 * mean[labels], NM) > 1.5 * narrow


def test_unit_order_and_offset_do_not_matter() -> None:
    spectra, order = draw_features(30), np.random.default_rng(1).permutation(200)
    expected = estimate_width(spectra, NM)
    assert estimate_width(1000 * spectra + 7, NM) == pytest.approx(expected)
    assert estimate_width(spectra[:, order], NM[order]) == pytest.approx(expected)


def test_twins_of_another_detector_do_not_matter() -> None:
    spectra = draw_features(30)
    twins = spectra[:, 90:110] + 0.02 * np.random.default_rng(2).normal(size=(400, 20))
    both = np.concatenate([spectra, twins], axis=1)
    width = estimate_width(both, np.r_[NM, NM[90:110] + 0.3 * STEP])
    assert width == pytest.approx(estimate_width(spectra, NM), rel=1e-3)


def test_a_gap_is_no_slope() -> None:
    spectra = draw_features(30)
    kept = np.r_[0:80, 120:200]
    assert estimate_width(spectra[:, kept], NM[kept]) == pytest.approx(estimate_width(spectra, NM), rel=0.1)


def test_constant_bands_do_not_matter() -> None:
    spectra = draw_features(30)
    spectra[:, [3, 4, 5, 150]] = 2.0
    assert estimate_width(spectra, NM) == pytest.approx(read_width_by_formula(30, STEP), rel=0.15)


def test_too_little_to_tell_gives_one_band() -> None:
    assert estimate_width(np.ones((5, 1)), [500.0]) == 0
    assert estimate_width(np.ones((5, 2)), [500.0, 500.0]) == 0
    assert estimate_width(np.ones((5, 30)), np.arange(500, 800, 10.0)) == 10
    assert estimate_width(draw_features(30, samples=1), NM) == pytest.approx(STEP)
    # the smallest step: a box of it holds one band everywhere
    generator = np.random.default_rng(0)
    assert estimate_width(generator.normal(size=(9, 4)), [400.0, 404.0, 440.0, 500.0]) == 4


def test_bands_that_vary_together_throughout_are_as_wide_as_the_axis() -> None:
    generator = np.random.default_rng(0)
    spectra = generator.normal(size=(200, 2)) @ np.stack([np.ones(50), np.arange(50.0)])
    width = estimate_width(spectra, np.arange(500, 1000, 10.0))
    assert width == 2 * 480  # the slopes lie at 505 to 985 nm


def test_indian_pines(indian_pines: Scene) -> None:
    labels = indian_pines.labels.values
    spectra = indian_pines.cube.values[:, labels > 0].T.astype(np.float64)[::10]
    width = estimate_width(spectra, indian_pines.cube["wavelength"].values)
    # some bands of 10 nm, and far from the 2,100 nm of the sensor
    assert 40 < width < 250


@pytest.mark.parametrize(
    ("spectra", "wavelength", "labels", "message"),
    [
        (np.ones(4), [500.0], None, r"spectra should be \(sample, band\)\. Found shape \(4,\)"),
        (np.ones((0, 2)), [500.0, 510.0], None, r"Found shape \(0, 2\)"),
        (np.ones((3, 2)), [500.0], None, r"a value per band, 2 in all\. Found shape \(1,\)"),
        (np.array([[1.0, np.nan]]), [500.0, 510.0], None, r"finite\. Found 1 of 2 values NaN or infinite"),
        (np.ones((3, 2)), [500.0, 510.0], [0, 1], r"a class per sample, 3 in all\. Found shape \(2,\)"),
    ],
)
def test_bad_input(
    spectra: np.ndarray, wavelength: list[float], labels: list[int] | None, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        estimate_width(spectra, wavelength, labels)
