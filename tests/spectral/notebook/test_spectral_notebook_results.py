"""Folders of results, read back."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import lrprism as lp
from lrprism.spectral import read_results
from lrprism.spectral.notebook import Results
from pages import read_page

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as an explanation writes it, with numbers of ours."""
    explanation = {"words": ["Explained by <epsilon>."], "report": ["class 0: 490 nm"]}
    (tmp_path / "run.json").write_text(json.dumps({"training": {}, "explanation": explanation}))
    pd.DataFrame({"class": [0, 1], "nm": [490.123456789, None]}).to_csv(tmp_path / "bands.csv", index=False)
    pd.DataFrame({"sample": range(100)}).to_csv(tmp_path / "samples.csv", index=False)
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "spectrum.png").write_bytes(PNG)
    return tmp_path


def test_tables_words_and_figures_of_a_folder(folder: Path) -> None:
    results = read_results(str(folder))
    assert results.tables == ["bands", "samples"]
    assert results.table("bands")["nm"][0] == 490.123456789
    assert results.words == ["Explained by <epsilon>.", "class 0: 490 nm"]
    assert [path.name for path in results.figures] == ["spectrum.png"]
    assert repr(results) == f"<Results in {folder}: bands, samples>"
    with pytest.raises(lp.DataError, match=r"table should be one of bands, samples\. Found 'band' for "):
        results.table("band")


def test_a_cell_shows_words_tables_and_figures(folder: Path) -> None:
    page = read_page(read_results(folder)._repr_html_())
    words = [str(folder), "in words", "Explained by <epsilon>.", "class 0: 490 nm", "bands.csv"]
    assert page.words[:5] == words
    assert page.words[5:10] == ["class", "nm", "0", "490.123", "1"]
    assert "The first 60 of 100 rows." in page.words
    assert page.count("img") == 1


def test_relevance_is_opened_from_the_store_or_the_map(folder: Path) -> None:
    values = xr.Dataset({"relevance": ("sample", np.array([1.0, 0.0]))})
    values.to_netcdf(folder / "relevance_map.nc", engine="h5netcdf")
    results = read_results(folder)
    with results.relevance() as opened:
        assert opened.equals(values)
    (2 * values).to_zarr(folder / "relevance.zarr", zarr_format=2)
    # a true zero is no missing number
    assert results.relevance()["relevance"].values.tolist() == [2.0, 0.0]
    assert repr(results).endswith("samples, relevance.zarr, relevance_map.nc>")


def test_a_training_has_no_relevance_and_no_words(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"training": {}}')
    results = read_results(tmp_path)
    assert results.words == results.figures == []
    with pytest.raises(
        lp.DataError, match=r"relevance should lie .* Found run\.json in .* Explain the network"
    ):
        results.relevance()
    with pytest.raises(lp.DataError, match=r"table should be one of \(none\)"):
        results.table("bands")
    assert read_page(results._repr_html_()).words == [str(tmp_path)]


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(lp.DataError, match=r"A run folder should hold a run\.json"):
        read_results(tmp_path)
    with pytest.raises(lp.DataError, match="should hold a trained network"):
        Results(tmp_path, {}).network() if (tmp_path / "run.json").write_text("{}") else None
