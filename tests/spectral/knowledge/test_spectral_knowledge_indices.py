"""Published indices and their bands."""

import importlib.util
import json
from pathlib import Path

import pytest

from lrprism.spectral.knowledge.indices import INDEX_BANDS, INDICES


def test_every_index_has_bands_of_its_own() -> None:
    sets = {frozenset(index.bands) for index in INDICES}
    assert len(sets) == len({index.name for index in INDICES}) == len(INDICES)
    assert set().union(*sets) == set(INDEX_BANDS)
    assert all(low < high for low, high in INDEX_BANDS.values())
    assert all(index.source.startswith("http") for index in INDICES)


def test_bands_are_those_of_the_catalogue() -> None:
    spec = importlib.util.find_spec("spyndex")
    if spec is None or spec.origin is None:
        pytest.skip("spyndex, which ships the values, is not installed")
    data = Path(spec.origin).parent / "data"
    bands = json.loads((data / "bands.json").read_text())
    catalogue = json.loads((data / "spectral-indices-dict.json").read_text())["SpectralIndices"]
    for index in INDICES:
        listed = catalogue[index.name]
        # beside bands the formulas have constants, such as L
        assert set(index.bands) == set(listed["bands"]) & set(bands)
        assert (index.long_name, index.source) == (listed["long_name"], listed["reference"])
    for letter, ends in INDEX_BANDS.items():
        assert ends == (bands[letter]["min_wavelength"], bands[letter]["max_wavelength"])
