import numpy as np
import pytest

from lrprism.spectral.bands import SELECTORS, BandSamples

DRAW = np.random.default_rng(0)
LABELS = np.arange(120) % 3
SPECTRA = np.cumsum(DRAW.normal(size=(120, 40)), axis=1) + LABELS[:, None]
NM = np.r_[np.linspace(400, 700, 20), np.linspace(695, 1000, 20)]


@pytest.mark.parametrize("name", SELECTORS)
def test_each_selects_k_different_bands_and_changes_nothing(name: str) -> None:
    spectra = SPECTRA.copy()
    spectra[:, 7] = 5.0
    samples = BandSamples(spectra, LABELS, NM, DRAW.random((3, 40)))
    before = samples.spectra.copy()
    for k in (1, 3, 6):
        bands = SELECTORS[name].select(samples, k)
        assert bands.dtype == np.int64
        assert len(set(bands.tolist())) == k
        assert 7 not in bands
        assert bands.tolist() == SELECTORS[name].select(samples, k).tolist()
    np.testing.assert_array_equal(samples.spectra, before)


def test_names_and_needs() -> None:
    assert all(name == selector.name for name, selector in SELECTORS.items())
    assert [name for name, selector in SELECTORS.items() if selector.is_random] == ["random"]
    assert [name for name, selector in SELECTORS.items() if selector.needs_relevance] == ["relevance"]
