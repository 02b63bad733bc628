import numpy as np
import pytest

import lrprism as lp
from lrprism.spectral.workbench import Preparation, Samples, open_samples
from lrprism.spectral.workbench.band_check import check_band_centres, read_band_centres
from small_runs import write_patches


@pytest.fixture(scope="module")
def leaves(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """Bands at 400, 450, ..., 950 nm."""
    source = write_patches(tmp_path_factory.mktemp("bands") / "leaves.hdf5")
    return open_samples(str(source), Preparation(wavelengths="400:950"))


def test_centres_of_patches_and_of_a_scene(leaves: Samples, scene: Samples) -> None:
    np.testing.assert_allclose(read_band_centres(leaves), np.arange(400.0, 951.0, 50.0))
    assert len(read_band_centres(scene)) == 2


def test_bands_may_drift_by_a_tenth_of_their_distance(leaves: Samples) -> None:
    centres = read_band_centres(leaves)
    check_band_centres(leaves, centres + 4.9)
    with pytest.raises(lp.DataError, match=r"bands of 'x'.* Found 400\.0 nm in place of 405\.1 nm, 12 such"):
        check_band_centres(leaves, centres + 5.1, "'x'")


def test_bands_that_are_missing_are_named(leaves: Samples) -> None:
    more = np.sort(np.append(read_band_centres(leaves), [425.0, 975.0]))
    with pytest.raises(lp.DataError, match=r"Found 12 bands .* to 950\.0 nm, without 425\.0, 975\.0\. Give"):
        check_band_centres(leaves, more)
    many = np.sort(np.append(read_band_centres(leaves), np.arange(425.0, 950.0, 50.0)))
    with pytest.raises(lp.DataError, match=r"without 425\.0, 475\.0, 525\.0, 575\.0 and 7 more\. Give"):
        check_band_centres(leaves, many)
