"""A whole scene explained, beside the plain gradient of the same batches."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import torch

from lrprism import keep_freed_memory
from lrprism.spectral.runs import read_run
from lrprism.spectral.workbench.composites import find_composite
from lrprism.spectral.workbench.patch_explainer import PatchExplainer
from lrprism.spectral.workbench.relevance_store import RelevanceStore, sample_arrays
from lrprism.spectral.workbench.sources import Numbers, Samples, network_inputs, open_samples
from lrprism.spectral.workbench.trained_network import TrainedNetwork


@dataclass(frozen=True)
class SceneTimes:
    """The time to explain every labelled pixel of a scene.

    Args:
        rule: Name of the rules.
        pixels: The number of pixels explained.
        batch_size: Windows at a time.
        explained: Seconds for the explanations with their accounts, cutting and writing included.
        gradient: Seconds for the gradients of the predicted logits, cutting included.
    """

    rule: str
    pixels: int
    batch_size: int
    explained: float
    gradient: float


def time_scene(run: Path, rule: str, batch_size: int) -> SceneTimes:
    """Explain every labelled pixel, each batch in turn with its gradient.

    Args:
        run: The run folder of a trained network.
        rule: Name of the rules.
        batch_size: Windows at a time.
    """
    trained = TrainedNetwork.load(run)
    samples = open_samples(trained.record["source"], trained.preparation)
    explainer = PatchExplainer(trained.model, find_composite(rule), samples, trained.task, "predicted")
    explained = gradient = 0.0
    with TemporaryDirectory() as folder:
        store = RelevanceStore(Path(folder), len(samples.numbers), batch_size)
        store.create(explainer.explain(samples.numbers[:1])[0])
        for batch, numbers in enumerate(_batches(samples.numbers, batch_size)):
            # a machine that slows down slows both alike
            explains_first = batch % 2 == 0
            for explains in (explains_first, not explains_first):
                begin = perf_counter()
                if explains:
                    dataset, audit = explainer.explain(numbers)
                    store.write(batch, sample_arrays(dataset), audit)
                    explained += perf_counter() - begin
                else:
                    input_gradient(trained, samples, numbers)
                    gradient += perf_counter() - begin
    return SceneTimes(rule, len(samples.numbers), batch_size, explained, gradient)


def _batches(numbers: Numbers, size: int) -> Iterator[Numbers]:
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]


def input_gradient(trained: TrainedNetwork, samples: Samples, numbers: Numbers) -> np.ndarray:
    """Return the gradient of the predicted logits of some samples, ``[N, band, y, x]``."""
    inputs = network_inputs(samples.cut(numbers)).requires_grad_()
    logits = trained.model(inputs)
    chosen = logits.gather(1, logits.argmax(1, keepdim=True)).sum()
    gradient: np.ndarray = torch.autograd.grad(chosen, inputs)[0].numpy()
    return gradient


@dataclass(frozen=True)
class SceneMemory:
    """The largest memory of one ``lrprism explain``.

    Args:
        samples: The number of samples explained.
        batch_size: Windows at a time.
        mebibytes: Peak of its resident memory.
    """

    samples: int
    batch_size: int
    mebibytes: float


def peak_memory(run: Path, per_class: int, batch_size: int) -> SceneMemory:
    """Run ``lrprism explain`` on the test part in a process of its own and ask for its peak of memory.

    Args:
        run: The run folder of a trained network.
        per_class: Samples of each class at most; 0 for all.
        batch_size: Windows at a time.
    """
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "reproduce.scene", str(run), f"{folder}/out"]
        command += [f"--per-class={per_class}", f"--batch-size={batch_size}", "--heatmaps=0", "--quiet"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        samples = read_run(Path(folder) / "out")["explanation"]["samples"]["count"]
    return SceneMemory(samples, batch_size, float(done.stdout.splitlines()[-1]))


def _main() -> None:
    from lrprism.spectral.cli.app import app  # late: only the measured process pays for it

    run, out, *options = sys.argv[1:]
    keep_freed_memory()
    app(["explain", run, "--out", out, *options], standalone_mode=False)
    status = Path("/proc/self/status").read_text(encoding="ascii")  # getrusage counts the parent's memory in
    print(int(status.partition("VmHWM:")[2].split()[0]) / 1024)


if __name__ == "__main__":
    _main()
