from dataclasses import replace
from pathlib import Path

import pytest

import lrprism as lp
from lrprism.spectral.runs import read_run
from lrprism.spectral.workbench import ExplanationSettings, demonstrate
from lrprism.spectral.workbench.demo import TRAINING
from small_runs import SILENT, settings_for


def test_training_and_explanation_share_a_run_folder(patch_file: Path, tmp_path: Path) -> None:
    training = settings_for(patch_file)
    training = replace(training, training=replace(training.training, epochs=1))
    explanation = ExplanationSettings(heatmaps=0, per_class=1, devices=training.training.devices)
    run = demonstrate(tmp_path, training, explanation, SILENT)
    assert run.keys() == {"versions", "training", "explanation"}
    assert read_run(tmp_path) == run
    assert run["explanation"]["verdict"]["lines"][0].startswith("Verdict: ")
    assert run["explanation"]["weights_sha256"] == run["training"]["weights_sha256"]
    assert (tmp_path / "relevance.zarr").is_dir()


def test_a_wrong_rule_costs_no_training(tmp_path: Path) -> None:
    with pytest.raises(lp.InputError, match="rule should be one of"):
        demonstrate(tmp_path, TRAINING, ExplanationSettings(rule="magic"), SILENT)
    assert not list(tmp_path.iterdir())
