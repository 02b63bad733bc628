"""Train in two processes: a script that test_spectral_training_two_processes.py runs."""

import os
import signal
import socket
import sys
import traceback
import warnings
from collections.abc import Callable
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


def fork_two(work: Callable[[str], object]) -> list[int]:
    """Give work to two processes that know their ranks, as torchrun starts them; return how each ended."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    children = []
    for rank in ("0", "1"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns beside any other thread
            child = os.fork()
        if child == 0:
            os.environ.update(LOCAL_RANK=rank, MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
            try:
                work(rank)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        children.append(child)
    return [os.waitpid(child, 0)[1] for child in children]


def resume_after_a_kill(folder: Path) -> None:
    """Train in two processes that are killed in epoch 3 of 4, and in two more that go on."""
    checkpoint = folder / "training.ckpt"
    plain(replace(PLAIN, epochs=1, devices=Devices("cpu")))  # here, so that the four need not import anything
    ends = fork_two(lambda _: outcome(CONFIG, checkpoint, killed_in_epoch(3)))
    assert os.WTERMSIG(ends[0]) == signal.SIGKILL
    assert len(torch.load(checkpoint)["history"]) == 2
    ends = fork_two(lambda rank: torch.save(outcome(CONFIG, checkpoint), folder / f"resumed-{rank}.pt"))
    assert ends == [0, 0]


def main() -> None:
    folder, rank = Path(sys.argv[1]), os.environ.get("LOCAL_RANK")
    # only in the first process: the training below starts the second, which runs this script again
    if rank is None:
        resume_after_a_kill(folder)
    torch.save(plain(replace(PLAIN, batch_size=4, devices=TWO)), folder / f"plain-{rank or 0}.pt")
    torch.save(outcome(CONFIG, None), folder / f"whole-{rank or 0}.pt")


if __name__ == "__main__":
    main()
