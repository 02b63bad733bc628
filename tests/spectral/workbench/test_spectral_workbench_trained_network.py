import json
import shutil
from pathlib import Path

import pytest

import lrprism as lp
from lrprism.spectral.workbench.trained_network import TrainedNetwork


def test_weights_for_another_number_of_bands(trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained, tmp_path / "run")
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    record["training"]["network"]["wavelength_nm"] = list(range(400, 409))
    (tmp_path / "run" / "run.json").write_text(json.dumps(record))
    with pytest.raises(
        lp.ModelError, match=r"Tensor steps\.0\.std should have shape \(9,\) in this model\. Found \(6,\)"
    ):
        TrainedNetwork.load(tmp_path / "run")


def test_a_folder_without_a_network(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(
        lp.DataError, match=r"should hold a trained network\. Found none in its run\.json\. Run lrprism train"
    ):
        TrainedNetwork.load(tmp_path)


def test_a_run_that_states_no_resolution(trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained, tmp_path / "run")
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert TrainedNetwork.load(trained).resolution == record["training"].pop("resolution")["nm"]
    (tmp_path / "run" / "run.json").write_text(json.dumps(record))
    with pytest.raises(lp.DataError, match=r"Found none\. Train or adopt the network again, or .* --pool 0"):
        _ = TrainedNetwork.load(tmp_path / "run").resolution


def test_a_width_of_half_the_spectrum_says_nothing_about_where(trained: Path) -> None:
    run = TrainedNetwork.load(trained)
    run.record["network"]["wavelength_nm"] = [400.0, 410.0, 420.0, 500.0]
    for nm, expected in ((25.0, 25.0), (26.0, 0.0), (5.0, 5.0)):
        run.record["resolution"]["nm"] = nm
        assert run.resolution == expected
    # of few bands far apart each stands alone
    run.record["network"]["wavelength_nm"] = [400.0, 500.0]
    run.record["resolution"]["nm"] = 100.0
    assert run.resolution == 100.0


def test_the_settings_of_the_training_come_back(trained: Path) -> None:
    run = TrainedNetwork.load(trained)
    config = run.training_config
    assert config is not None
    assert (config.epochs, config.batch_size, config.devices.accelerator) == (12, 4, "cpu")
    run.record.pop("settings")
    assert run.training_config is None
