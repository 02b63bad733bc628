"""Samples of one part of the data that a network was trained on, as tensors."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from lrprism.errors import DataError, InputError
from lrprism.spectral.runs.stored_table import read_table
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.per_class import limit_per_class
from lrprism.spectral.workbench.record import SPLIT
from lrprism.spectral.workbench.sample_groups import group_samples
from lrprism.spectral.workbench.sources import Samples, network_inputs
from lrprism.spectral.workbench.split_settings import POLYGON, SplitSettings
from lrprism.spectral.workbench.trained_network import TrainedNetwork
from lrprism.spectral.workbench.training_data import find_by_hash, open_training_data


def open_own_samples(trained: TrainedNetwork) -> Samples:
    """Open the data that a network was trained on.

    Args:
        trained: The network.

    Raises:
        DataError: If they cannot be read, or are others than those that the network was trained on.
    """
    samples = open_training_data(trained)
    if samples.hash != trained.record["data_sha256"]:
        raise DataError(
            f"'{samples.source}' should hold the data that the network was trained on. Found others. "
            "Restore the file, or train again."
        )
    return samples


def read_part(trained: TrainedNetwork, part: str) -> Numbers:
    """Return the numbers of the samples of one part; none where the network was trained elsewhere.

    Args:
        trained: The network.
        part: ``"train"``, ``"validation"`` or ``"test"``.
    """
    table = _read_split(trained, part)
    numbers = table["sample"].to_numpy(np.int64)
    return numbers if trained.places is None else trained.places.join(table["scene"].tolist(), numbers)


def find_test_part(trained: TrainedNetwork, samples: Samples) -> Numbers | None:
    """Return the test part of data of the training, among their own numbers; None for other data.

    Args:
        trained: The network.
        samples: All data of the training, one scene of them, or other data.

    Raises:
        InputError: If the network has learned from all of a scene.
    """
    if samples.hash == trained.record["data_sha256"]:
        return read_part(trained, "test")
    number = find_by_hash(trained, samples)
    if number is None or trained.places is None:
        return None
    table = _read_split(trained, "test")
    name = trained.places.names[number]
    numbers = table.loc[table["scene"] == name, "sample"].to_numpy(np.int64)
    if not numbers.size:
        raise InputError(
            f"the scene '{name}' should have a test part to explain. Found that the network has learned from "
            f"all of it. Explain {' or '.join(sorted(set(table['scene'])))}, or every pixel of it with "
            "--every-pixel."
        )
    return numbers


def find_groups(
    trained: TrainedNetwork, samples: Samples, numbers: Numbers
) -> npt.NDArray[np.generic] | None:
    """Return the plant, field, polygon or square that each sample is of; None where that is not known.

    Those that came from a file of groups are read from the run, as the file may be gone.

    Args:
        trained: The network.
        samples: The data of its training, or others.
        numbers: The samples.
    """
    split = trained.record["split"]
    if samples.hash != trained.record["data_sha256"]:
        return group_samples(samples, numbers, SplitSettings())
    if split["groups"] in {None, POLYGON}:
        return group_samples(samples, numbers, SplitSettings(groups=split["groups"], block=split["block"]))
    groups = _read_table(trained).set_index("sample")["group"]
    return np.asarray(groups.loc[numbers.tolist()], dtype=str)


def note_unknown_groups(trained: TrainedNetwork, groups: npt.NDArray[np.generic] | None) -> list[str]:
    """Say that the groups of samples are not known, where those of the training are: a line, or none.

    Args:
        trained: The network.
        groups: The groups of the samples, from :func:`find_groups`.
    """
    if groups is not None or "group" not in _read_table(trained).columns:
        return []
    return [
        "Note: the plants, fields or days of these samples are not known, as those of the training are: "
        "intervals draw single samples and may be too narrow."
    ]


def _read_split(trained: TrainedNetwork, part: str) -> pd.DataFrame:
    table = _read_table(trained)
    return table[table["part"] == part]


def _read_table(trained: TrainedNetwork) -> pd.DataFrame:
    return read_table(trained.folder / SPLIT, ["group"])


def draw_evenly(samples: Samples, numbers: Numbers, most: int, seed: int) -> Numbers:
    """Draw at most ``most`` samples, the classes as even as their sizes allow, one of each at least.

    Args:
        samples: The data.
        numbers: The samples to draw from.
        most: Most samples.
        seed: Seed of the draw.
    """
    labels = samples.labels_of(numbers)
    sizes = np.bincount(labels)
    # the largest number per class that stays within the limit
    per_class = max(
        (count for count in range(1, int(sizes.max()) + 1) if np.minimum(sizes, count).sum() <= most),
        default=1,
    )
    return limit_per_class(numbers, labels, per_class, seed)


def read_tensors(samples: Samples, numbers: Numbers) -> tuple[Tensor, Tensor]:
    """Return patches in the data's own units, ``[N, band, y, x]``, and their classes, ``[N]``.

    Args:
        samples: The data.
        numbers: The samples.
    """
    patches = samples.cut(numbers)
    return network_inputs(patches).float(), torch.from_numpy(patches["label"].values.astype(np.int64))


def read_wavelengths(samples: Samples) -> Tensor:
    """Return the centre of each band in nm, ``[band]``.

    Args:
        samples: The data.
    """
    return torch.from_numpy(samples.cut(samples.numbers[:1])["wavelength"].values.astype(np.float64))


def note_drawn(work: str, count: int, total: int) -> list[str]:
    """Say how many of how many training samples some work rests on, where it is not all of them.

    Args:
        work: The work, up to the number: "bands are selected by".
        count: Number of samples that were drawn.
        total: Number of samples that they were drawn from.
    """
    return [f"{work} {count} of {total} training samples"] if count < total else []
