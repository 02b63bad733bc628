"""Train, killed at many moments: a script that test_spectral_training_checkpoint.py runs."""

import os
import random
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import torch

from lrprism.spectral.training import Devices, TrainingConfig
from small_trainings import outcome

CONFIG = TrainingConfig(
    epochs=8, batch_size=8, learning_rate=0.01, devices=Devices("cpu"), augment=True, initialize=True
)

LONGEST = 300
"""Seconds: of a training that nobody kills."""


def killed(folder: Path, seconds: float) -> bool:
    """Train in a child of its own, kill it after some time, and say whether it was killed."""
    child = os.fork()
    if child == 0:
        torch.set_num_threads(1)
        torch.save(outcome(CONFIG, folder / "training.ckpt"), folder / "outcome.pt")
        os._exit(0)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
            return os.WIFSIGNALED(status)
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def main() -> None:
    folder, moments = Path(sys.argv[1]), int(sys.argv[2])
    (folder / "whole").mkdir()
    outcome(replace(CONFIG, epochs=1), None)  # it imports what a training needs: no kill falls into an import
    begun = time.monotonic()
    assert not killed(folder / "whole", LONGEST)
    duration = time.monotonic() - begun  # kills are shares of it: a busy machine is slow in both
    generator, kills, done, resumed = random.Random(0), 0, 0, 0
    while kills < moments or (folder / f"run-{done}").exists():
        run = folder / f"run-{done}"
        run.mkdir(exist_ok=True)
        resumed += (run / "training.ckpt").exists()
        # more kills than asked for, until one training has gone on from a checkpoint
        is_killed = kills < moments or not resumed
        if killed(run, duration * generator.uniform(0.2, 0.9) if is_killed else LONGEST):
            kills += 1
        else:
            done += 1
    print(kills, resumed, done)


if __name__ == "__main__":
    main()
