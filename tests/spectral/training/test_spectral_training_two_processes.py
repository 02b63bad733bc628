import subprocess
import sys
from math import isfinite
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from lrprism.errors import DataError
from lrprism.spectral.training import Devices, TrainingConfig, evaluate, fit, predict
from processes import environment
from small_trainings import assert_same, blobs, history, square_model, squares

SCRIPT = Path(__file__).parent / "two_processes.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two processes wrote, and two that were killed in epoch 3 of 4 and then went on."""
    folder = tmp_path_factory.mktemp("two")
    ran = subprocess.run(
        [sys.executable, "-W", "error", SCRIPT, folder], capture_output=True, text=True, timeout=300,
        env=environment(),
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return folder


def results(folder: Path, name: str) -> list[dict[str, Any]]:
    return [torch.load(folder / f"{name}-{rank}.pt") for rank in range(2)]


def test_both_end_with_the_same_weights_and_history(folder: Path) -> None:
    first, second = results(folder, "whole")
    assert_same(first, second)
    assert len(first["history"]) == 4
    for epoch in first["history"]:
        assert all(isfinite(epoch[name]) for name in ("training_loss", "validation_loss"))


def test_killed_and_taken_up_again_they_end_equal(folder: Path) -> None:
    for whole, resumed in zip(results(folder, "whole"), results(folder, "resumed"), strict=True):
        assert_same(whole, resumed)
    names = {path.name for path in folder.iterdir()}
    assert names - {"training.ckpt"} == {
        f"{kind}-{n}.pt" for kind in ("plain", "whole", "resumed") for n in (0, 1)
    }


def test_the_best_epoch_is_scored_on_the_whole_validation_part(folder: Path) -> None:
    outcome_of_process, model, validation = results(folder, "whole")[0], square_model(), squares(65, 1)
    model.load_state_dict(outcome_of_process["weights"])
    metrics, best = (
        evaluate(predict(model, validation), validation.tensors[1]),
        outcome_of_process["history"][outcome_of_process["best"] - 1],
    )
    assert (metrics.accuracy, metrics.macro_f1) == pytest.approx(
        (best["scores"]["accuracy"], best["scores"]["macro_f1"]), abs=1e-7
    )


def test_two_with_half_the_batch_learn_what_one_learns(folder: Path) -> None:
    # 96 samples divide into steps of 8 and into 2 x 4, and the mean of 2 mean gradients is the mean of all
    torch.manual_seed(0)
    model = nn.Linear(2, 3)
    config = TrainingConfig(epochs=3, batch_size=8, learning_rate=0.1, class_weights=False, patience=2)
    result = fit(model, blobs(96, 3, 0), blobs(41, 3, 1), config, progress=False)
    for outcome_of_process in results(folder, "plain"):
        for name, value in model.state_dict().items():
            torch.testing.assert_close(outcome_of_process["weights"][name], value, rtol=1e-4, atol=1e-5)
        assert outcome_of_process["best"] == result.best.epoch
        for one, other in zip(outcome_of_process["history"], history(result)["history"], strict=True):
            assert one.pop("scores") == pytest.approx(other.pop("scores"), rel=1e-4)
            assert one == pytest.approx(other, rel=1e-4)


def test_one_of_them_goes_on(folder: Path) -> None:
    assert [outcome_of_process["is_main"] for outcome_of_process in results(folder, "plain")] == [True, False]


def test_one_process_does_not_go_on_with_the_work_of_two(folder: Path) -> None:
    config = TrainingConfig(epochs=4, batch_size=8, learning_rate=0.01, augment=True, devices=Devices("cpu"))
    with pytest.raises(DataError, match=r"this training, with processes 1\. Found 2 in .*training\.ckpt\."):
        fit(square_model(), squares(150, 0), squares(65, 1), config, checkpoint=folder / "training.ckpt")
