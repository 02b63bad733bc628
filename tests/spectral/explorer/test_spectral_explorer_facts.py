from pathlib import Path

import numpy as np
import pytest

from lrprism.spectral.explorer.facts import describe_bands, describe_outputs, describe_result, read_tables
from lrprism.spectral.plots.class_colours import class_colour
from made_up_results import NAMES, RECORD, WAVELENGTHS, make_samples, write_tables


def test_the_bands_their_cells_and_the_gap() -> None:
    facts = describe_bands(make_samples())
    assert facts["wavelength"] == WAVELENGTHS.tolist()
    # steps of 10 to 350 nm, median 20: cells end half-way to the next band, and 10 nm beyond the last
    assert facts["low"][0] == 440
    assert (facts["low"][7], facts["high"][7]) == (545, 560)
    assert facts["runs"] == [[440, 560], [890, 970]]
    assert facts["good"] == (np.arange(12) != 4).tolist()
    assert facts["pooledNm"] == 25
    assert all(feature["start"] <= 960 and feature["end"] >= 450 for feature in facts["features"])


def test_lines_of_the_air_are_those_of_scenes() -> None:
    leaves = make_samples()
    places = {name: ("sample", np.arange(leaves.sizes["sample"])) for name in ("row", "column")}
    for dataset, is_outdoors in ((leaves, False), (leaves.assign_coords(places), True)):
        names = {feature["name"] for feature in describe_bands(dataset)["features"]}
        # it lies in the gap, and within the sensor's range
        assert ("oxygen A line" in names) == is_outdoors


def test_a_width_that_joins_no_bands_is_none() -> None:
    assert describe_bands(make_samples().assign_attrs(resolution_nm=5.0))["pooledNm"] == 0


def test_the_words_and_the_account_are_those_of_the_record() -> None:
    facts = describe_result(make_samples(), RECORD)
    assert facts["words"] == RECORD["words"]
    assert facts["account"] == RECORD["conservation"]
    assert (facts["isZeroReference"], facts["isTrait"], facts["unit"]) == (True, False, "logit")
    assert facts["verdict"] == ["The maps can be believed."]
    for doubt in ("doubt", "map_doubt"):
        attrs = {doubt: "it guesses"}
        assert describe_result(make_samples().assign_attrs(attrs), RECORD)["doubt"] == "it guesses"


def test_classes_have_the_colours_of_the_maps() -> None:
    expected = [{"name": name, "colour": class_colour(number)} for number, name in enumerate(NAMES)]
    assert describe_outputs(make_samples()) == expected


def test_tables_that_are_there(tmp_path: Path) -> None:
    assert read_tables(tmp_path) == {"classes": None, "stretches": None, "layers": None}
    write_tables(tmp_path)
    tables = read_tables(tmp_path)
    assert tables["classes"]["columns"] == ["class", "class_name", "shown", "right", "reasons"]
    assert tables["classes"]["rows"] == [[0, "maize", 8, 3, None]]
    assert tables["stretches"]["rows"][0][5] == pytest.approx(1.2)
