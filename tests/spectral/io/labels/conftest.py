"""A placed cube of 12 x 10 pixels of 10 m, and rasters that lie where a test says."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
import xarray as xr

from lrprism.spectral import make_cube
from lrprism.spectral.cubes.georeference import Georeference, assign_georeference

HEIGHT, WIDTH = 12, 10
CRS = "EPSG:32633"
TRANSFORM = (500000.0, 10.0, 0.0, 4000000.0, 0.0, -10.0)
RasterWriter = Callable[..., Path]


@pytest.fixture
def bare_cube() -> xr.DataArray:
    values = np.zeros((2, HEIGHT, WIDTH))
    return make_cube(values, [500.0, 600.0], title="t", quantity="reflectance", units="1")


@pytest.fixture
def cube(bare_cube: xr.DataArray) -> xr.DataArray:
    return assign_georeference(bare_cube, Georeference(CRS, TRANSFORM))


@pytest.fixture
def write_raster(tmp_path: Path) -> RasterWriter:
    """Write a map as GeoTIFF; a transform of None leaves it without a place."""

    def write(
        values: np.ndarray,
        name: str = "labels.tif",
        *,
        crs: str | None = CRS,
        transform: tuple[float, ...] | None = TRANSFORM,
        nodata: float | None = None,
    ) -> Path:
        place = {} if transform is None else {"crs": crs, "transform": rasterio.Affine.from_gdal(*transform)}
        height, width = values.shape
        with rasterio.open(
            tmp_path / name,
            "w",
            driver="GTiff",
            width=width,
            height=height,
            count=1,
            dtype=values.dtype.name,
            nodata=nodata,
            **place,
        ) as file:
            file.write(values, 1)
        return tmp_path / name

    return write
