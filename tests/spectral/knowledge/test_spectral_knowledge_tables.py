"""The csv files of the field agree with each other."""

import csv
from pathlib import Path

import pytest

from lrprism.spectral.knowledge import tables
from lrprism.spectral.knowledge.tables import load_rows

FILES = sorted(Path(tables.__file__).parent.glob("*.csv"))


def test_a_row_is_read_under_the_names_of_its_columns() -> None:
    assert load_rows("sensor_bands")[1] == {
        "code": "S2A", "band": "B02", "centre_nm": "492.7", "fwhm_nm": "65.0",
    }  # fmt: skip


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_row_fills_every_column(path: Path) -> None:
    header, *rows = csv.reader(path.read_text(encoding="utf-8").splitlines())
    assert rows
    assert all(len(row) == len(header) for row in rows)
    assert load_rows(path.stem) == [dict(zip(header, row, strict=True)) for row in rows]


def test_every_band_belongs_to_a_sensor_and_every_class_to_a_scene() -> None:
    assert {row["code"] for row in load_rows("sensor_bands")} == {row["code"] for row in load_rows("sensors")}
    titles = {row["title"] for row in load_rows("benchmark_scenes")}
    assert {row["scene"] for row in load_rows("scene_classes")} <= titles


def test_labels_of_a_scene_count_from_1() -> None:
    labels: dict[str, list[int]] = {}
    for row in load_rows("scene_classes"):
        labels.setdefault(row["scene"], []).append(int(row["label"]))
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in labels.values())
