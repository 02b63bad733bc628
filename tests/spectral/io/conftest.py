from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lrprism.spectral import make_cube
from lrprism.spectral.cubes.georeference import Georeference, assign_georeference
from lrprism.spectral.io.writers import write_cube


@pytest.fixture
def write_product(tmp_path: Path) -> Callable[[str], Path]:
    """Write a product of DLR of 2 bands, 1 row and 2 columns, and return its folder.

    The image stores 1000, 2000 and 3000, -32768; the text is what the metadata hold.
    """

    def write(bands: str) -> Path:
        stored = np.array([[[1000, 2000]], [[3000, -32768]]])
        image = make_cube(stored, [1.0e3, 2.0e3], title="", quantity="reflectance", units="1")
        placed = assign_georeference(
            image, Georeference("EPSG:32616", (5000.0, 30.0, 0.0, 9000.0, 0.0, -30.0))
        )
        write_cube(placed, tmp_path / "product" / "X-SPECTRAL_IMAGE.tif")
        (tmp_path / "product" / "X-METADATA.XML").write_text(f"<product>{bands}</product>")
        return tmp_path / "product"

    return write
