"""The notebook runs from end to end and finds the features that it planted."""

import runpy
import sys
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[2] / "examples/notebook.py"


def test_it_has_ten_cells() -> None:
    lines = NOTEBOOK.read_text(encoding="utf-8").splitlines()
    cells = [line for line in lines if line.startswith("# %%")]
    assert [line.split()[2] for line in cells] == [f"{number}." for number in range(1, 11)]


def test_it_finds_the_features_that_it_planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["notebook.py", str(tmp_path)])
    names = runpy.run_path(str(NOTEBOOK))
    bands = names["results"].table("bands")
    strongest = bands[bands["rank"] == 1]["wavelength_nm"].tolist()
    # each of the three features carries a class, 30 nm wide; which one, the draw decides
    nearest = {min((490, 610, 740), key=lambda nm: abs(nm - wavelength)) for wavelength in strongest}
    assert all(min(abs(nm - wavelength) for nm in (490, 610, 740)) < 30 for wavelength in strongest)
    assert len(nearest) == 3
    assert (tmp_path / "leaf.png").is_file()
    assert (tmp_path / "leaf.pt").is_file()
