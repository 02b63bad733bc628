import json
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from lrprism.spectral.preprocessing import Pipeline
from lrprism.spectral.runs import file_hash
from lrprism.spectral.workbench import open_samples
from lrprism.spectral.workbench.parts import deal_samples
from lrprism.spectral.workbench.record import score_test_part, write_network
from small_runs import SILENT, settings_for


class BrightestPair(nn.Module):
    """Tell the classes of the small patch file apart: class c is bright in bands 2 c and 2 c + 1."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))
        self.seen: list[int] = []

    def forward(self, spectrum: Tensor) -> Tensor:
        self.seen.append(len(spectrum))
        return self.scale * spectrum.unflatten(1, (3, 2)).mean(2)


def test_scores_and_files_of_a_network(patch_file: Path, tmp_path: Path) -> None:
    settings = settings_for(patch_file)
    samples = open_samples(settings.source, settings.preparation)
    parts = deal_samples(samples, settings.split, window=5, seed=0)
    model = Pipeline([], BrightestPair(), "spectrum")
    metrics = score_test_part(model, samples, parts.test, batch_size=5, device="cpu", reporter=SILENT)
    assert metrics.accuracy == 1
    assert model.network.seen == [5, 5, 2]

    record = write_network(tmp_path, settings, samples, parts, model, metrics)
    assert load_file(tmp_path / "model.safetensors").keys() == {"network.scale"}
    table = pd.read_csv(tmp_path / "split.csv")
    assert np.array_equal(table.loc[table["part"] == "test", "sample"], parts.test)
    assert record["weights_sha256"] == file_hash(tmp_path / "model.safetensors")
    assert record["data_sha256"] == file_hash(patch_file)
    assert record["class_codes"] == [0, 1, 2]
    assert record["test"]["f1"] == {f"class {number}": 1.0 for number in range(3)}
    assert record["split"]["test"] == len(parts.test) == 12
    assert json.loads(json.dumps(record))["network"]["window"] == 5
