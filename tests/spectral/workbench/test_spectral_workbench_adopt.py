from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import xarray as xr
from safetensors.torch import load_file
from torch import nn

from lrprism.spectral.workbench import (
    AdoptionSettings,
    ExplanationSettings,
    NetworkSettings,
    SplitSettings,
    adopt_into,
    explain_into,
    train_into,
)
from small_runs import SILENT, settings_for


def test_a_network_trained_elsewhere_is_taken_over(own: str, patch_file: Path, tmp_path: Path) -> None:
    first, run = tmp_path / "first", tmp_path / "run"
    first.mkdir()
    run.mkdir()
    settings = replace(settings_for(patch_file), network=NetworkSettings(f"{own}:Net", ("zscore",)))
    before = train_into(first, settings, SILENT)
    weights = load_file(first / "model.safetensors")
    inner = {name[8:]: value for name, value in weights.items() if name.startswith("network.")}
    torch.save({"state_dict": inner}, tmp_path / "best.ckpt")
    adopted = adopt_into(
        run,
        AdoptionSettings(
            str(patch_file),
            settings.preparation,
            settings.network,
            SplitSettings(str(first / "split.csv")),
            str(tmp_path / "best.ckpt"),
        ),
        SILENT,
    )
    assert adopted["test"] == before["test"]
    assert adopted["weights_sha256"] == before["weights_sha256"]
    assert (run / "split.csv").read_text() == (first / "split.csv").read_text()


def test_a_program_trained_elsewhere_is_taken_over(patch_file: Path, tmp_path: Path) -> None:
    network = nn.Sequential(nn.Conv2d(6, 3, 5), nn.Flatten()).eval()
    batch = {"input": {0: torch.export.Dim("batch", min=1)}}
    torch.export.save(
        torch.export.export(network, (torch.rand(2, 6, 5, 5),), dynamic_shapes=batch), tmp_path / "mine.pt2"
    )
    preparation = settings_for(patch_file).preparation
    chosen = NetworkSettings(str(tmp_path / "mine.pt2"), (), "patch")
    run, out = tmp_path / "run", tmp_path / "out"
    run.mkdir()
    out.mkdir()
    record = adopt_into(run, AdoptionSettings(str(patch_file), preparation, chosen), SILENT)
    assert record["split"]["test"] == 24
    assert "not known which samples" in record["split"]["notes"][0]
    (tmp_path / "mine.pt2").unlink()
    explain_into(
        out, run, ExplanationSettings(rule="lrp-0", reference="zero", figures="none", target="1"), SILENT
    )
    dataset = xr.open_zarr(out / "relevance.zarr", zarr_format=2).load()
    gradient = network[0].weight[1].detach().numpy()
    np.testing.assert_allclose(dataset["relevance"], dataset["patch"] * gradient, rtol=1e-4, atol=1e-6)
