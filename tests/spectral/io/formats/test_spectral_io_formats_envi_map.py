"""The map information of ENVI headers, worked out by hand."""

from pathlib import Path

import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral.cubes.georeference import Georeference
from lrprism.spectral.io.formats.envi_header import EnviHeader
from lrprism.spectral.io.formats.envi_map import read_map_information

UTM = ["UTM", "1", "1", "400000", "4500000", "20", "10", "16", "North", "WGS-84"]


def header(words: list[str], **fields: str) -> EnviHeader:
    further = {name.replace("_", " "): value for name, value in fields.items()}
    return EnviHeader(Path("a.hdr"), Path("a.img"), {"map info": ", ".join(words), **further})


def test_the_reference_pixel_is_counted_from_1() -> None:
    # pixel (3, 2) has its corner at (400000, 4500000): two columns of 20 m to the left, one row of 10 m above
    place, notes = read_map_information(header(["UTM", "3", "2", *UTM[3:]]))
    assert place == Georeference("EPSG:32616", (399960.0, 20.0, 0.0, 4500010.0, 0.0, -10.0))
    assert notes == ("the reference system is taken to be EPSG:32616, WGS 84, from the UTM zone alone",)


def test_a_rotation_turns_the_grid_counter_clockwise() -> None:
    # 90 degrees: a step to the right goes up on the map by the width, a step down goes right by the height
    place, _ = read_map_information(header([*UTM, "rotation=90"]))
    assert place is not None
    np.testing.assert_allclose(place.transform, (400000, 0, 10, 4500000, 20, 0), atol=1e-9)


def test_south_latitude_and_a_stated_system() -> None:
    south, _ = read_map_information(header([*UTM[:7], "33", "South"]))
    assert south == Georeference("EPSG:32733", (400000.0, 20.0, 0.0, 4500000.0, 0.0, -10.0))
    degrees, notes = read_map_information(header(["Geographic Lat/Lon", "1", "1", "10", "50", "0.1", "0.1"]))
    assert degrees == Georeference("EPSG:4326", (10.0, 0.1, 0.0, 50.0, 0.0, -0.1))
    assert notes == ("map coordinates are taken to be WGS 84 degrees: no coordinate system string",)
    stated, notes = read_map_information(header(UTM, coordinate_system_string='PROJCS["x"]'))
    assert stated is not None
    assert (stated.crs, notes) == ('PROJCS["x"]', ())


def test_without_a_system_there_is_no_place() -> None:
    assert read_map_information(EnviHeader(Path("a.hdr"), Path("a.img"), {})) == (None, ())
    place, notes = read_map_information(header(["Arbitrary", *UTM[1:7]]))
    assert place is None
    assert notes == ("the map information is left out: projection 'Arbitrary' names no coordinate system",)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (UTM[:5], r"UTM in 'map info' of 'a.hdr' should name a zone 1..60, North or South. Found '' ''"),
        ([*UTM[:3], "east", *UTM[4:]], r"'map info' in 'a.hdr' should hold numbers after the projection"),
        ([*UTM[:7], "61", "North"], r"should name a zone 1..60, North or South. Found '61' 'North'"),
        ([*UTM[:5], "0", *UTM[6:]], r"a geotransform should be six finite numbers"),
        (["Geographic Lat/Lon", "1"], r"at least 7 entries. Found 2"),
    ],
)
def test_bad_map_information(words: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_map_information(header(words))
