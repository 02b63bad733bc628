"""Damaged labels of every format end in an error of ours or in labels of the cube."""

import warnings
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
import xarray as xr

from lrprism.errors import LRPrismError
from lrprism.spectral.cubes.georeference import assign_georeference, georeference_of
from lrprism.spectral.io.labels import read_labels
from lrprism.spectral.io.writers import write_cube
from tests.spectral.io.reading_damaged import damage_in_turn

ROUNDS = 12
TEXTS = {
    ".csv": "row,col,crop\n2,3,rye\n5,6,hay\n",
    ".qml": '<qgis><paletteEntry value="1" label="x"/><paletteEntry value="2" label="y"/></qgis>',
}


def write_labels(path: Path, cube: xr.DataArray) -> None:
    """Write small labels in the format of the ending of the path."""
    labels = xr.DataArray(
        np.arange(120).reshape(12, 10) % 3, dims=("y", "x"), attrs={"class_names": ["a", "b"]}
    )
    place = georeference_of(cube)
    assert place is not None
    if path.suffix == ".csv":
        path.write_text(TEXTS[".csv"])
    elif path.suffix == ".png":
        path.with_suffix(".qml").write_text(TEXTS[".qml"])
        with (
            pytest.warns(rasterio.errors.NotGeoreferencedWarning),
            rasterio.open(path, "w", driver="PNG", width=10, height=12, count=1, dtype="uint8") as file,
        ):
            file.write(labels.values.astype(np.uint8), 1)
    elif path.suffix in {".tif", ".nc", ".hdr"}:
        write_cube(assign_georeference(labels, place), path)
    else:
        boxes = [shapely.box(500010, 3999960, 500040, 3999990), shapely.box(500050, 3999900, 500090, 3999950)]
        crops = [np.array(["rye", "hay"], dtype=object)]
        pyogrio.raw.write(
            path, shapely.to_wkb(np.array(boxes)), crops, ["crop"], geometry_type="Polygon", crs=place.crs
        )


@pytest.mark.parametrize(
    "ending", [".tif", ".png", ".nc", ".hdr", ".csv", ".gpkg", ".shp", ".geojson", ".fgb"]
)
def test_damaged_labels_are_labels_or_an_error_of_ours(
    tmp_path: Path, cube: xr.DataArray, ending: str
) -> None:
    write_labels(tmp_path / f"labels{ending}", cube)
    assert (read_labels(tmp_path / f"labels{ending}", cube=cube).values > 0).any()
    for _ in damage_in_turn(sorted(tmp_path.iterdir()), ROUNDS):
        said = ""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # GDAL warns of what it repairs
                labels = read_labels(tmp_path / f"labels{ending}", cube=cube)
            assert labels.shape == (12, 10)
        except LRPrismError as error:
            said = str(error)
        assert "\n" not in said
