"""The files of a trained network in its run folder, and the record of its test."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lrprism.spectral.bands import estimate_width
from lrprism.spectral.bands.statistics import TARGET_RANGE
from lrprism.spectral.networks import save_weights
from lrprism.spectral.preprocessing import Pipeline
from lrprism.spectral.runs import file_hash
from lrprism.spectral.training.prediction import predict
from lrprism.spectral.training.tasks.task import AbstractScores
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.networks import NetworkSettings
from lrprism.spectral.workbench.parts import SampleParts
from lrprism.spectral.workbench.pixel_outputs import PixelOutputs
from lrprism.spectral.workbench.preparation import Preparation
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.sources import Samples, network_inputs
from lrprism.spectral.workbench.split_settings import SplitSettings

PATHS: Final = ("source", "labels", "wavelengths")
"""Settings that may be files, which are found again from the run folder."""
WEIGHTS: Final = "model.safetensors"
SPLIT: Final = "split.csv"
_TEST_PATCHES: Final = 1000  # in memory at a time
_MOST_SPECTRA: Final = 1000  # more do not make the width of their correlation surer
_SPECTRA: Final = 100  # patches in memory at a time


class NetworkSource(Protocol):
    """The settings that training and adoption share."""

    @property
    def source(self) -> str:
        """``"indian-pines"``, or the path of a cube or of an HDF5 patch file."""

    @property
    def preparation(self) -> Preparation:
        """The preparation of the bands, and the window for a scene."""

    @property
    def network(self) -> NetworkSettings:
        """The network, and its preprocessing."""

    @property
    def split(self) -> SplitSettings | None:
        """The way the samples are dealt out; None where that is not known."""

    @property
    def weights(self) -> str | None:
        """The file of weights to begin with; None for new ones, or those of a program."""


def score_test_part(
    model: Pipeline,
    samples: Samples,
    test: Numbers,
    *,
    groups: npt.NDArray[np.generic] | None = None,
    batch_size: int,
    device: str,
    reporter: Reporter,
) -> AbstractScores:
    """Test a network, with a bounded number of patches in memory at a time.

    Of a segmentation each labelled pixel of the test windows counts once, by its mean logits over the windows
    that it lies in; squares of the scene are the groups.
    """

    def predict_pieces() -> Iterator[tuple[Numbers, Tensor]]:
        for numbers in np.array_split(test, -(-len(test) // _TEST_PATCHES)):
            inputs = network_inputs(samples.cut(numbers))
            yield numbers, predict(model, inputs, batch_size=batch_size, device=device)

    with reporter.step(f"testing on {len(test)} samples"):
        if samples.pixels is not None:
            merged = PixelOutputs(samples.pixels, test, len(samples.task.names))
            for numbers, logits in predict_pieces():
                merged.add(numbers, logits)
            return samples.task.evaluate(*merged.average(), groups=merged.name_squares())
        outputs = torch.cat([logits for _, logits in predict_pieces()])
        targets = torch.from_numpy(samples.targets_of(test))
        return samples.task.evaluate(outputs, targets, groups=groups)


def write_network(
    folder: Path,
    settings: NetworkSource,
    samples: Samples,
    parts: SampleParts,
    model: Pipeline,
    scores: AbstractScores,
) -> dict[str, Any]:
    """Write weights and split into a run folder.

    Args:
        folder: The run folder.
        settings: The settings of the training or the adoption.
        samples: The data.
        parts: Their parts.
        model: The network.
        scores: Its scores on the test part.

    Returns:
        The part of ``run.json`` about data, network and test.
    """
    save_weights(model, folder / WEIGHTS)
    parts.table(samples).to_csv(folder / SPLIT, index=False)
    # a sample tells the wavelengths after preparation, and the window of a patch file
    patches = samples.cut(parts.test[:1])
    facts = ("title", "attribution", "quantity", "units", "assumed")
    return {
        "source": settings.source,
        "paths": _describe_paths(settings, folder),
        "data": {name: samples.attrs[name] for name in facts},
        "data_sha256": samples.hash,
        "preparation": settings.preparation.record(),
        "class_names": list(samples.task.names),
        "class_codes": [] if samples.targets is not None else samples.class_codes,
        "network": settings.network.record(
            *(patches["wavelength"].values, len(samples.task.names), patches.sizes["x"]),
            scales_outputs=samples.targets is not None,
        ),
        "weights": settings.weights,
        "weights_sha256": file_hash(folder / WEIGHTS),
        **_measure_spectra(samples, parts, patches["wavelength"].values),
        "split": parts.record(settings.split or SplitSettings(), settings.preparation.window),
        "task": samples.task.describe(),
        **_measure_targets(samples, parts.train),
        "test": samples.task.record_scores(scores),
    }


def _measure_targets(samples: Samples, train: Numbers) -> dict[str, Any]:
    """Return smallest and largest target of each trait in the training part; nothing of classes."""
    if samples.targets is None or not train.size:
        return {}
    targets = samples.targets_of(train).astype(np.float64)
    return {TARGET_RANGE: np.stack([targets.min(0), targets.max(0)], axis=1).tolist()}


def _describe_paths(settings: NetworkSource, folder: Path) -> dict[str, str]:
    """Return where the files of the settings lie, seen from the folder that holds the run folder."""
    preparation = settings.preparation
    paths = {
        "source": settings.source,
        "labels": preparation.labels,
        "wavelengths": preparation.wavelengths,
    }
    beside = {name: path and find_beside(path, folder) for name, path in paths.items()}
    return {name: path for name, path in beside.items() if path}


def find_beside(path: str, folder: Path) -> str | None:
    """Return where a file lies, seen from the folder that holds the run folder; None if there is none.

    Args:
        path: The file.
        folder: The run folder.
    """
    if not Path(path).exists():
        return None
    file, parent = Path(path).absolute(), folder.absolute().parent
    # a folder on another drive of Windows has no relative path
    return os.path.relpath(file, parent) if file.anchor == parent.anchor else str(file)


def _measure_spectra(
    samples: Samples, parts: SampleParts, wavelength: npt.NDArray[np.float64]
) -> dict[str, Any]:
    """Return the width over which the bands vary together, and the mean spectrum, of some samples."""
    # as for the preprocessing: the test part where the training part is not known
    part = "train" if parts.train.size else "test"
    numbers = getattr(parts, part)
    numbers = numbers[:: -(-len(numbers) // _MOST_SPECTRA)]
    spectra = [
        samples.cut(piece)["patch"].values.mean(axis=(2, 3), dtype=np.float64)
        for piece in np.array_split(numbers, -(-len(numbers) // _SPECTRA))
    ]
    means = np.concatenate(spectra)
    width = estimate_width(means, wavelength, samples.labels_of(numbers))
    return {
        "resolution": {"nm": width, "part": part, "samples": len(numbers)},
        "mean_spectrum": means.mean(axis=0).tolist(),
    }
