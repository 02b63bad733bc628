import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from lrprism.errors import DataError, ResultsError
from lrprism.spectral.training import Devices
from lrprism.spectral.workbench import ExplanationSettings, explain_into
from lrprism.spectral.workbench.explore import find_explorer
from made_up_results import decode, read_content, unpack
from small_runs import SILENT

CPU = Devices("cpu")


def test_samples_and_their_page(trained: Path, tmp_path: Path) -> None:
    explain_into(tmp_path, trained, ExplanationSettings(devices=CPU, figures="none"), SILENT)
    stored = xr.open_zarr(tmp_path / "relevance.zarr", zarr_format=2)
    content = read_content(find_explorer(tmp_path).read_text(encoding="utf-8"))
    spectra = stored["relevance"].values.astype(np.float64).sum(axis=(2, 3))
    np.testing.assert_allclose(decode(content["relevance"]), spectra, atol=3e-4 * np.abs(spectra).max())
    record = json.loads((tmp_path / "run.json").read_text())["explanation"]
    assert unpack(content["items"]["number"], "<i4").tolist() == record["samples"]["numbers"]
    assert content["result"]["words"] == record["words"]
    table = content["tables"]["classes"]
    place = table["columns"].index("class_name")
    assert [row[place] for row in table["rows"]] == stored["class_name"].values.tolist()


def test_results_without_a_page(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"A run folder should hold a run\.json"):
        find_explorer(tmp_path / "nothing")
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(ResultsError, match=r"should hold explorer.html. Found none in .* Explain again with"):
        find_explorer(tmp_path)
    (tmp_path / "explorer.html").write_text("page")
    assert find_explorer(tmp_path) == find_explorer(tmp_path / "explorer.html") == tmp_path / "explorer.html"
