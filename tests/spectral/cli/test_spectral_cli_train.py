import json
import sys
from pathlib import Path

import pytest

from small_runs import write_patches
from small_segmentations import write_scene
from small_tables import write_spectra


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


def test_a_trait_is_learned_and_explained_in_its_unit(lrprism: object, tmp_path: Path) -> None:
    data, out = write_spectra(tmp_path / "leaves.csv"), tmp_path / "run"
    lines = data.read_text().splitlines()
    # the brightness of the last band, in percent
    rows = [
        lines[0] + ",water (%)",
        *(f"{line},{100 * float(line.rsplit(',', 1)[1]):g}" for line in lines[1:]),
    ]
    data.write_text("\n".join(rows))
    command = ("train", data, "--target-column", "water (%)", "--model", "mlp", "--epochs", "3", "--out", out)
    code, _, errors = lrprism(*command)
    assert code == 2
    assert "--target-column should come with --task regression" in errors
    code, text, errors = lrprism(*command, "--task", "regression", "--quiet")
    assert code == 0, errors
    assert text.startswith("water: R2 ")
    assert "%" in text.partition("RMSE")[2].partition("]")[0]
    record = json.loads((out / "run.json").read_text())["training"]
    # brightness may tell the trait: it is not drawn at random
    assert record["settings"]["augment"] is False
    code, text, errors = lrprism(
        "explain", out, "--out", tmp_path / "explained", "--figures", "none", "--quiet"
    )
    assert code == 0, errors
    assert "explained (% less that of the reference, mean per sample)" in text
    # three epochs teach next to nothing
    assert "No bands are named: it is not sure that the network predicts better than the mean" in text
    assert "lrprism evaluate" not in text


def test_the_class_of_each_pixel_is_learned(lrprism: object, tmp_path: Path) -> None:
    files, out = write_scene(tmp_path), tmp_path / "run"
    command = ("train", files.cube, "--labels", files.labels, "--window", "9", "--epochs", "2", "--out", out)
    code, _, errors = lrprism(*command, "--task", "segmentation")
    assert code == 2
    assert "Found 'hyper3dnetlite', which gives one row of logits per patch. Give --model unet." in errors
    code, _, errors = lrprism(*command, "--model", "unet")
    assert code == 2
    assert "Found 'unet', which classes each pixel. Give --task segmentation" in errors
    code, text, errors = lrprism(
        *command, "--task", "segmentation", "--model", "unet", "--quiet", "--seeds", "2"
    )
    assert code == 0, errors
    assert "mean IoU" in text.splitlines()[0]
    assert "labelled pixels on" in text.splitlines()[0]
    assert "No test window overlaps a window that the network was trained with." in text
    record = json.loads((out / "run.json").read_text())["training"]
    assert record["settings"]["augment"] is True
    # the scores of all classes together, not those of each
    overall = text.partition("Over 2 seeds, mean with its 95 % interval:\n")[2].splitlines()[:4]
    assert [line.split("0.")[0].strip() for line in overall] == ["accuracy", "macro F1", "mean IoU", "kappa"]
