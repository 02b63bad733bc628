"""Images of a product in the formats that DLR delivers."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral.io.missions.dlr import read_enmap
from lrprism.spectral.io.missions.product_image import open_product_image
from lrprism.spectral.io.registry import detect_format

BANDS = "<mission>ENMAP</mission><level>L2A</level>" + "".join(
    f"<bandID><wavelengthCenterOfBand>{nm}</wavelengthCenterOfBand><FWHMOfBand>7</FWHMOfBand></bandID>"
    for nm in (420, 430)
)
HEADER = """ENVI
samples = 2
lines = 1
bands = 2
data type = 2
interleave = {interleave}
reflectance scale factor = 10000
map info = {{UTM, 1, 1, 5000, 9000, 30, 30, 16, North, WGS-84}}
"""


@pytest.mark.parametrize(("ending", "order"), [("BSQ", (0, 1, 2)), ("BIL", (1, 0, 2)), ("BIP", (1, 2, 0))])
def test_plain_numbers_are_the_same_cube(
    write_product: Callable[[str], Path], ending: str, order: tuple[int, int, int]
) -> None:
    folder = write_product(BANDS)
    tiff = read_enmap(folder).compute()
    (folder / "X-SPECTRAL_IMAGE.tif").unlink()
    stored = np.array([[[1000, 2000]], [[3000, -32768]]], dtype="<i2")
    (folder / f"X-SPECTRAL_IMAGE.{ending}").write_bytes(stored.transpose(order).tobytes())
    (folder / "X-SPECTRAL_IMAGE.HDR").write_text(HEADER.format(interleave=ending.lower()))
    for path in (folder, folder / f"X-SPECTRAL_IMAGE.{ending}", folder / "X-METADATA.XML"):
        assert detect_format(str(path)).name == "EnMAP"
        cube = read_enmap(path)
        np.testing.assert_array_equal(cube.values, tiff.values)
        np.testing.assert_array_equal(cube["x"], tiff["x"])


def test_other_pictures_and_two_images_are_refused(write_product: Callable[[str], Path]) -> None:
    folder = write_product(BANDS)
    (folder / "X-SPECTRAL_IMAGE.tif").rename(folder / "X-SPECTRAL_IMAGE.JP2")
    with pytest.raises(
        DataError, match=r"or numbers with an ENVI header. Found a JPEG 2000 picture. Convert"
    ):
        open_product_image(folder / "X-SPECTRAL_IMAGE.JP2")
    (folder / "X-SPECTRAL_IMAGE.JP2").rename(folder / "X-SPECTRAL_IMAGE_VNIR.TIF")
    with pytest.raises(
        DataError, match=r"Found two, as they were scanned, of level L1B. Give the L1C or L2A"
    ):
        read_enmap(folder)
