"""Explain samples, killed at many moments: a script that test_spectral_workbench_resuming.py runs."""

import os
import random
import signal
import sys
import time
from pathlib import Path

import lightning  # noqa: F401 - here, so that no kill falls into its import, which takes seconds
import torch
import xarray as xr

from lrprism.spectral.runs import UnfinishedRun
from lrprism.spectral.training import Devices
from lrprism.spectral.workbench import ExplanationSettings, explain_into, plan_explanation
from small_runs import SILENT

SETTINGS = ExplanationSettings(devices=Devices("cpu"), batch_size=1, per_class=None, figures="none")


def explain(trained: Path, out: Path) -> None:
    run = UnfinishedRun.open(out, plan_explanation(trained, SETTINGS))
    explain_into(run.work, trained, SETTINGS, SILENT)
    run.finish()


def killed(trained: Path, out: Path, seconds: float) -> bool:
    """Run in a child of its own, kill it after some time, and say whether it was killed."""
    child = os.fork()
    if child == 0:
        torch.set_num_threads(1)
        explain(trained, out)
        os._exit(0)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.WIFSIGNALED(status)
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def main() -> None:
    trained, folder, moments = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    generator, kills, done = random.Random(0), 0, 0
    while kills < moments:
        out = folder / f"out-{done}"
        if killed(trained, out, generator.uniform(0.02, 0.8)):
            kills += 1
            assert not out.exists() or xr.open_zarr(out / "relevance.zarr").load(), "half a result"
        elif out.exists():
            done += 1
    while not (folder / f"out-{done}").exists():
        killed(trained, folder / f"out-{done}", 60)
    print(kills, done + 1)


if __name__ == "__main__":
    main()
