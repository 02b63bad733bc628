from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from lrprism.spectral.workbench import ExplanationSettings
from lrprism.spectral.workbench.demo import TRAINING


def test_the_demo_on_few_bands_and_patches(
    lrprism: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = replace(
        TRAINING,
        preparation=replace(TRAINING.preparation, bands=(5, 15, 40), window=5),
        split=replace(TRAINING.split, test_fraction=0.1, per_class=6),
        training=replace(TRAINING.training, epochs=1),
    )
    monkeypatch.setattr("lrprism.spectral.cli.demo.TRAINING", few)
    monkeypatch.setattr(
        "lrprism.spectral.cli.demo.ExplanationSettings", partial(ExplanationSettings, heatmaps=0, per_class=1)
    )
    code, text, progress = lrprism("demo", "--device", "cpu", "--out", tmp_path / "demo")
    assert code == 0, progress
    assert "No test window overlaps a window that the network was trained with." in text
    assert "What speaks for each class, mean over the samples shown with its 95 % interval:" in text
    # one epoch on few patches teaches nothing
    assert text.count("nothing is named. The network predicts no better than chance") >= 2
    assert "CC BY 3.0" in text
    # whether to believe it comes before what was explained
    assert text.index("Verdict: do not read these maps: the network") < text.index("Explained by epsilon")
    names = {path.name for path in (tmp_path / "demo").iterdir()}
    assert names >= {
        "relevance.zarr",
        "bands.csv",
        "conservation.csv",
        "figures",
        "run.json",
        "model.safetensors",
    }
