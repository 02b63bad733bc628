"""The map information of ENVI headers, worked out by hand."""

from pathlib import Path

import numpy as np
import pytest

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
    ("words", "reason"),
    [
        (UTM[:5], "UTM should say North or South, and there is ''"),
        ([*UTM[:3], "east", *UTM[4:]], "there should be numbers after the projection"),
        ([*UTM[:7], "61", "North"], "WGS 84 has no UTM zone '61' North"),
        ([*UTM[:7], "60", "North", "NAD-27"], "NAD27 has no UTM zone '60' North"),
        ([*UTM[:5], "0", *UTM[6:]], "a geotransform should be six finite numbers"),
        (["Geographic Lat/Lon", "1"], "it has 2 entries, not 7"),
        ([*UTM[:9], "Moon 2000"], "datum 'Moon 2000' is not known"),
        ([*UTM, "units=Feet"], "units 'Feet' do not go with projection 'UTM'"),
    ],
)
def test_map_information_never_stops_a_cube(words: list[str], reason: str) -> None:
    place, notes = read_map_information(header(words))
    assert place is None
    assert len(notes) == 1
    assert notes[0].startswith(f"the map information is left out: {reason}")


@pytest.mark.parametrize(
    ("words", "crs"),
    [
        ([*UTM[:7], "11", "North", "North America 1927"], "EPSG:26711"),
        ([*UTM[:7], "11", "North", "NAD83", "units=Meters"], "EPSG:26911"),
        ([*UTM[:7], "32", "North", "European 1950"], "EPSG:23032"),
        ([*UTM[:7], "33", "North", "ETRS-89"], "EPSG:25833"),
        ([*UTM[:7], "55", "South", "GDA94"], "EPSG:28355"),
        (["Geographic Lat/Lon", *UTM[1:7], "North America 1927", "units=Degrees"], "EPSG:4267"),
    ],
)
def test_the_stated_datum_counts(words: list[str], crs: str) -> None:
    place, notes = read_map_information(header(words))
    assert place is not None
    assert (place.crs, notes) == (crs, ())


@pytest.mark.parametrize(
    ("northing", "letter", "crs"),
    [
        ("4855941.7", "T", "EPSG:32615"),  # Resonon's Spectronon, 43.8 degrees north
        ("7400000", "K", "EPSG:32715"),
        ("4000000", "S", "EPSG:32615"),  # 36 degrees north: the band S
        ("6000000", "S", "EPSG:32715"),  # 36 degrees south: short for South
    ],
)
def test_the_band_letter_of_the_grid_tells_the_half(northing: str, letter: str, crs: str) -> None:
    words = [*UTM[:4], northing, "20", "10", "15", letter, "WGS-84", "units  meters", "rotation  0.000"]
    place, notes = read_map_information(header(words))
    assert place is not None
    assert place.crs == crs
    assert any(f"'{letter}' behind the UTM zone is taken for the" in note for note in notes)
