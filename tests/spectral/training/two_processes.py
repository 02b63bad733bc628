"""Train in two processes: a script that test_spectral_training_two_processes.py runs."""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from lrprism.spectral.training import Devices, TrainingConfig, fit
from small_trainings import blobs, history, outcome, square_model

TWO = Devices("cpu", "2", "ddp")
CONFIG = TrainingConfig(epochs=4, batch_size=8, learning_rate=0.01, augment=True, devices=TWO)
STEPS = 10
"""Of an epoch: 150 squares, 8 to a step in each of 2 processes."""
PLAIN = TrainingConfig(epochs=3, batch_size=8, learning_rate=0.1, class_weights=False, patience=2)


def plain(config: TrainingConfig) -> dict[str, Any]:
    """Train a network in which each sample adds its own gradient and nothing is drawn but the order."""
    torch.manual_seed(0)
    model = nn.Linear(2, 3)
    result = fit(model, blobs(96, 3, 0), blobs(41, 3, 1), config, progress=False)
    return {"weights": model.state_dict(), "is_main": result.is_main, **history(result)}


def killed_in_epoch(epoch: int) -> nn.Module:
    """A network that kills its process in a step of an epoch."""
    model, steps = square_model(), 0

    def count(*_: Any) -> None:
        nonlocal steps
        steps += model.training
        if steps > STEPS * (epoch - 1) + 3:
            os.kill(os.getpid(), signal.SIGKILL)

    model.register_forward_pre_hook(count)
    return model


def main() -> None:
    folder, stage = Path(sys.argv[1]), sys.argv[2]
    rank = os.environ.get("LOCAL_RANK", "0")
    if stage == "begin":
        torch.save(plain(replace(PLAIN, batch_size=4, devices=TWO)), folder / f"plain-{rank}.pt")
        torch.save(outcome(CONFIG, None), folder / f"whole-{rank}.pt")
        outcome(CONFIG, folder / "training.ckpt", killed_in_epoch(3))
    torch.save(outcome(CONFIG, folder / "training.ckpt"), folder / f"resumed-{rank}.pt")


if __name__ == "__main__":
    main()
