from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import lrprism as lp
from lrprism.spectral.cubes.cube import band_coords
from lrprism.spectral.io.sample_format import SampleOptions
from lrprism.spectral.io.spectra.labelling import (
    GROUP_CANDIDATES,
    UNLABELLED,
    SampleFacts,
    lay_patches_out,
    lay_spectra_out,
    match_rows,
)
from lrprism.spectral.io.spectra.table_file import TableFile
from lrprism.spectral.io.traits.options import TraitOptions

COORDS = band_coords(2, [450.0, 550.0])
COLUMNS = pd.DataFrame({"kind": ["b", "a", "b", None], "plot": [1, 1, 2, 2]})
NAMES = ["p", "q", "r", "s"]


def table(names: tuple[str, ...], **cells: list[object]) -> TableFile:
    frame = pd.DataFrame(cells)
    lines = tuple(f"line {row + 2}" for row in range(len(frame)))
    return TableFile(names, frame.set_axis(range(len(names)), axis=1), lines)


def test_spectra_become_patches_of_one_pixel() -> None:
    values = np.arange(8, dtype=np.float32).reshape(4, 2)
    options = SampleOptions(label_column="kind", group_column="plot")
    patches = lay_spectra_out(values, COORDS, SampleFacts(NAMES, COLUMNS), options, {"assumed": ["note"]})
    assert patches["patch"].shape == (4, 2, 1, 1)
    np.testing.assert_array_equal(patches["patch"].values[:, :, 0, 0], values)
    assert patches["label"].values.tolist() == [1, 0, 1, -1]
    assert patches.attrs["class_names"] == ["a", "b"]
    assert patches["name"].values.tolist() == NAMES
    assert patches["group"].values.tolist() == ["1", "1", "2", "2"]
    assert patches.attrs["assumed"] == ["note", "1 samples have no class in the column 'kind'"]


def test_a_column_of_groups_is_not_taken_for_the_class() -> None:
    values, facts = np.zeros((4, 2), dtype=np.float32), SampleFacts(NAMES, COLUMNS)
    without = lay_spectra_out(values, COORDS, facts, SampleOptions(), {"assumed": []})
    assert without["label"].values.tolist() == [-1, -1, -1, -1]
    assert "'kind', 'plot'" in without.attrs[UNLABELLED]
    grouped = lay_spectra_out(values, COORDS, facts, SampleOptions(group_column="plot"), {"assumed": []})
    assert grouped.attrs["class_names"] == ["a", "b"]
    assert UNLABELLED not in grouped.attrs


@pytest.mark.parametrize(
    ("options", "listed"),
    [
        (SampleOptions(label_column="kind"), ["plot"]),
        (SampleOptions(label_column="plot"), []),
        (SampleOptions(group_column="plot"), []),
        (SampleOptions(traits=TraitOptions(("N",))), ["plot"]),
        (SampleOptions(traits=TraitOptions(("plot",))), []),
        (SampleOptions(group_column="plot", traits=TraitOptions(("N",))), []),
    ],
)
def test_columns_like_groups_are_listed(options: SampleOptions, listed: list[str]) -> None:
    facts = SampleFacts(NAMES, COLUMNS.assign(N=[1.5, 2, 3, 4]))
    patches = lay_spectra_out(np.zeros((4, 2), np.float32), COORDS, facts, options, {"assumed": []})
    assert patches.attrs[GROUP_CANDIDATES] == listed


def test_a_trait_is_no_column_of_groups() -> None:
    options = SampleOptions(group_column="N", traits=TraitOptions(("P", "N")))
    facts = SampleFacts(NAMES, COLUMNS.assign(N=[1.0, 1, 2, 2], P=[1, 2, 3, 4]))
    with pytest.raises(lp.InputError, match=r"another column than --target-column\. Found 'N' for both\."):
        lay_spectra_out(np.zeros((4, 2), np.float32), COORDS, facts, options, {"assumed": []})


def test_a_trait_is_named_without_its_unit() -> None:
    values, facts = np.zeros((4, 2), dtype=np.float32), pd.DataFrame({"N (%)": [1.0, 2.0, 3.0, 4.0]})
    options = SampleOptions(traits=TraitOptions(("N",)))
    patches = lay_spectra_out(values, COORDS, SampleFacts(NAMES, facts), options, {"assumed": []})
    assert patches["trait_value"].values.ravel().tolist() == [1, 2, 3, 4]
    assert (patches.attrs["trait_names"], patches.attrs["trait_units"]) == (["N"], ["%"])
    two = SampleFacts(NAMES, facts.assign(**{"N [mg/g]": facts["N (%)"] * 10}))
    with pytest.raises(lp.DataError, match=r"Found none called 'N' among 'N \(%\)', 'N \[mg/g\]'\."):
        lay_spectra_out(values, COORDS, two, options, {"assumed": []})
    twice = SampleOptions(traits=TraitOptions(("N", "N (%)")))
    with pytest.raises(lp.InputError, match=r"name each trait once\. Found 'N \(%\)' more than once"):
        lay_spectra_out(values, COORDS, SampleFacts(NAMES, facts), twice, {"assumed": []})


def test_new_samples_may_lack_the_column_of_classes_or_of_traits() -> None:
    values = np.zeros((4, 2), dtype=np.float32)
    new = SampleOptions(label_column="species", group_column="plot", may_be_unlabelled=True)
    patches = lay_spectra_out(values, COORDS, SampleFacts(NAMES, COLUMNS), new, {"assumed": []})
    assert patches["label"].values.tolist() == [-1] * 4
    assert patches.attrs[UNLABELLED] == "no column 'species'"
    assert "group" not in patches.coords
    # of a training both columns have to be there
    with pytest.raises(lp.DataError, match="Found none called 'species'"):
        lay_spectra_out(
            values,
            COORDS,
            SampleFacts(NAMES, COLUMNS),
            replace(new, may_be_unlabelled=False),
            {"assumed": []},
        )
    empty = SampleFacts(NAMES, pd.DataFrame({"N (%)": [np.nan] * 4}))
    traits = SampleOptions(traits=TraitOptions(("N",), may_be_unknown=True))
    patches = lay_spectra_out(values, COORDS, empty, traits, {"assumed": []})
    assert patches.attrs["class_names"] == ["not measured"]
    assert np.isnan(patches["trait_value"].values).all()


def test_patches_keep_their_pixels() -> None:
    patch = np.zeros((4, 2, 3, 3), dtype=np.float32)
    facts = SampleFacts(NAMES, COLUMNS, label_column="plot")
    patches = lay_patches_out(patch, COORDS, facts, SampleOptions(), {"assumed": []})
    assert patches["patch"].shape == patch.shape
    assert patches.attrs["class_names"] == ["1", "2"]


@pytest.mark.parametrize("names", [["x/p.asd", "y/q.asd"], ["p.asd", "q.asd"], ["p", "q"]])
def test_rows_are_found_by_the_names_of_the_samples(names: list[str]) -> None:
    other = table(("kind", "file"), kind=["second", "first", "none"], file=["q", "p", "z"])
    columns, notes = match_rows(names, other, "t.csv")
    assert columns["kind"].tolist() == ["first", "second"]
    assert notes == ["labels are matched by the column 'file' of t.csv"]


def test_rows_in_the_order_of_the_samples_may_share_a_name() -> None:
    columns, _ = match_rows(["p", "p"], table(("id", "kind"), id=["p", "p"], kind=["a", "b"]), "t.csv")
    assert columns["kind"].tolist() == ["a", "b"]
    names = [f"s{number}" for number in range(40)]
    other = table(("id", "kind"), id=["s00", *names[1:]], kind=list(range(40)))
    columns, notes = match_rows(names, other, "t.csv")
    assert columns["kind"].tolist() == list(range(40))
    assert notes[1] == "its rows are taken in order: 1 of 40 names differ, such as 's0' and 's00'"


def test_samples_without_a_row_are_counted() -> None:
    columns, notes = match_rows(["p", "q"], table(("id", "kind"), id=["p"], kind=["a"]), "t.csv")
    assert columns["kind"].isna().tolist() == [False, True]
    assert notes[1] == "1 samples are not in it"


def test_names_that_do_not_meet() -> None:
    with pytest.raises(lp.DataError, match=r"names of the samples, such as 'p'\. Found none\. Add it"):
        match_rows(["p"], table(("id",), id=["other"]), "t.csv")
    with pytest.raises(lp.DataError, match=r"name each sample once\. Found 'p' again in line 3\. Drop"):
        match_rows(["p"], table(("id",), id=["p", "p"]), "t.csv")
