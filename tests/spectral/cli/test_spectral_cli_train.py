import sys
from pathlib import Path

import pytest

from small_runs import write_patches


def test_the_same_command_goes_on_where_a_training_was_stopped(
    lrprism: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, out = write_patches(tmp_path / "leaves.hdf5"), tmp_path / "run"
    command = ("train", data, "--wavelengths", "400:950", "--epochs", "3", "--out", out)
    with monkeypatch.context() as patch:
        patch.setattr("lrprism.spectral.workbench.record.save_weights", lambda *_: sys.exit(1))
        assert lrprism(*command)[0] == 1
    assert len(list((tmp_path / ".run.unfinished").glob("training-0.*.ckpt"))) == 1
    code, _, errors = lrprism(*command, "--seeds", "2")
    assert code == 2
    assert "taken up with the settings it was begun with" in errors
    code, _, errors = lrprism(*command)
    assert code == 0, errors
    assert "training Hyper3DNetLite" not in errors
    assert sorted(path.name for path in out.iterdir()) == [
        "model.safetensors", "plan.json", "run.json", "split.csv",
    ]  # fmt: skip
