from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from lrprism.spectral.training import Devices
from lrprism.spectral.workbench import ExplanationSettings, explain_into
from lrprism.spectral.workbench.figures import pick_typical_samples
from small_runs import SILENT


def build_relevance(
    target: list[int], label: list[int], predicted: list[int], output: list[list[float]]
) -> xr.Dataset:
    columns = {"target": target, "label": label, "predicted": predicted}
    dataset = xr.Dataset({name: ("sample", np.array(values)) for name, values in columns.items()})
    return dataset.assign(output=(("sample", "logit"), np.array(output)))


def test_right_samples_come_first_and_then_the_surest() -> None:
    # of class 1: sample 1 is right with logit 2, sample 2 right with 5, sample 3 wrong with 9
    relevance = build_relevance([0, 1, 1, 1], [0, 1, 1, 0], [0, 1, 1, 1], [[3, 0], [0, 2], [0, 5], [0, 9]])
    assert pick_typical_samples(relevance, 1, 3) == [2, 1, 3]
    assert pick_typical_samples(relevance, 1, 1) == [2]
    assert pick_typical_samples(relevance, 0, 2) == [0]


def test_one_logit_speaks_for_class_1_when_positive() -> None:
    relevance = build_relevance([0, 0, 1], [0, 0, 1], [0, 0, 1], [[-1.0], [-4.0], [2.0]])
    assert pick_typical_samples(relevance, 0, 2) == [1, 0]
    assert pick_typical_samples(relevance, 1, 2) == [2]


@pytest.mark.parametrize(
    ("figures", "stems"),
    [("none", set()), ("classes", {"layer-sums", "class-spectra", "spectrum-01-class-1"})],
)
def test_no_more_figures_than_asked_for(trained: Path, tmp_path: Path, figures: str, stems: set[str]) -> None:
    settings = ExplanationSettings(
        devices=Devices("cpu"), per_class=1, target="1", pool=0.0, figures=figures, heatmaps=1
    )
    record = explain_into(tmp_path, trained, settings, SILENT)
    assert record is not None
    assert {Path(name).stem for name in record["figures"]} == stems
    assert {path.stem for path in tmp_path.glob("figures/*")} == stems


def test_the_figures_of_a_run(trained: Path, tmp_path: Path) -> None:
    settings = ExplanationSettings(devices=Devices("cpu"), per_class=1, heatmaps=1, pool=250.0)
    explain_into(tmp_path, trained, settings, SILENT)
    stems = {path.name.partition(".")[0] for path in (tmp_path / "figures").iterdir()}
    classes = {f"spectrum-{number:02d}-class-{number}" for number in range(3)}
    assert stems == {
        "layer-sums",
        "class-spectra",
        *classes,
        *(f"heatmaps-{number:02d}-class-{number}-0" for number in range(3)),
    }
