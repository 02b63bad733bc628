import json
from pathlib import Path

import pytest
import xarray as xr

from lrprism.spectral.training import Devices
from lrprism.spectral.workbench import ExplanationSettings, explain_into
from lrprism.spectral.workbench.composites import COMPOSITES
from small_runs import SILENT

CPU = Devices("cpu")


def relevance_of(folder: Path) -> xr.Dataset:
    return xr.open_zarr(folder / "relevance.zarr").load()


@pytest.mark.parametrize("rule", COMPOSITES)
def test_the_account_closes_under_every_rule(trained: Path, tmp_path: Path, rule: str) -> None:
    settings = ExplanationSettings(devices=CPU, rule=rule, heatmaps=0, per_class=1)
    explain_into(tmp_path, trained, settings, SILENT)
    summary = json.loads((tmp_path / "run.json").read_text())["explanation"]["conservation"]
    dataset = relevance_of(tmp_path)
    assert summary["at_input"] == pytest.approx(
        dataset["relevance"].sum(("band", "y", "x")).mean().item(), rel=1e-4
    )
    assert abs(summary["unaccounted"]) < 1e-5 * abs(summary["explained"])
