import numpy as np
import pytest

from lrprism.spectral.simulate.surroundings import camera_noise, draw_soil


def test_soils_brighten_with_wavelength_and_differ() -> None:
    nm = np.array([400.0, 550.0, 700.0, 1000.0])
    soil = draw_soil(nm, 50, np.random.default_rng(0))
    assert soil.shape == (50, 4)
    assert (np.diff(soil, axis=1) > 0).all()
    assert 0.02 < soil.min() < soil.max() < 0.5
    assert soil[:, 2].max() / soil[:, 2].min() > 1.5


def test_iron_dents_the_spectrum_about_880_nm() -> None:
    soil = draw_soil(np.array([700.0, 880.0, 1060.0]), 50, np.random.default_rng(0))
    line = (soil[:, 0] + soil[:, 2]) / 2
    assert (soil[:, 1] / line).min() < 0.9


def test_the_noise_is_six_times_as_high_at_the_ends() -> None:
    # t = 0, 1/4, 1/2, 1: |2t - 1|^4 = 1, 1/16, 0, 1
    expected = 0.003 * np.array([6, 1 + 5 / 16, 1, 6])
    assert camera_noise(np.array([400.0, 550.0, 700.0, 1000.0])) == pytest.approx(expected)
