"""The network of a run, trained again on its own data with features planted into them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import TensorDataset

from lrprism.errors import InputError, ModelError
from lrprism.evaluation import Samples as RightSamples
from lrprism.evaluation import choose_samples
from lrprism.spectral.simulate import PlantedData, Truth, plant
from lrprism.spectral.simulate.truth import PARTS
from lrprism.spectral.training import TrainingConfig, fit
from lrprism.spectral.workbench.candidates import ClassLogits
from lrprism.spectral.workbench.networks import NetworkSettings
from lrprism.spectral.workbench.part_samples import draw_evenly, read_part
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.sources import Samples
from lrprism.spectral.workbench.trained_network import TrainedNetwork

_MOST: Final = {"train": 1200, "validation": 300, "test": 300}
"""Samples of each part that are planted into, at most."""
_DEPTHS: Final = (0.5, 1.0, 2.0)
"""Heights of features in standard deviations of their band; the next where a network learns too little."""
_LEARNED: Final = 0.8
"""Balanced accuracy from which on a network has learned the features."""
_NUMBERS: Final = ((3, 4), (3, 2), (2, 2), (2, 1), (2, 0), (1, 1), (1, 0))
"""Features that carry the class and decoys: the first for which there is room among the bands."""
_LEAST_BANDS: Final = 3


@dataclass(frozen=True, eq=False)
class PlantedNetwork:
    """A network trained on planted features, and samples whose class it gets right.

    Args:
        model: The network.
        right: The samples of the test part that it gets right, with its balanced accuracy.
        truth: What carries the class.
        record: The record that references are made from: the mean spectrum of the training samples.
    """

    model: ClassLogits
    right: RightSamples
    truth: Truth
    record: Mapping[str, Any]

    @property
    def wavelengths(self) -> Tensor:
        """Centre of each band in nm, ``[band]``."""
        return torch.from_numpy(self.truth.wavelengths)

    @property
    def has_learned(self) -> bool:
        """True if its accuracy shows that it knows what was planted."""
        return self.right.balanced_accuracy >= _LEARNED

    def describe(self) -> list[str]:
        """Return what was planted and how well it was learned, one line each."""
        features = self.truth.features
        centres = sorted(feature.centre for feature in features if feature.role == "class")
        places = ", ".join(f"{nm:.0f}" for nm in centres)
        settings, right = self.truth.parameters, self.right
        planted, bands = int(self.truth.bands.sum()), len(self.truth.bands)
        return [
            f"planted: {settings['classes']} new classes, carried by {len(centres)} features of "
            f"{features[0].fwhm:.0f} nm at {places} nm ({planted} of {bands} "
            f"bands); {len(features) - len(centres)} decoys as strong; height "
            f"{settings['depth']:g} standard deviations of the band",
            f"the same network, preprocessing and training: balanced accuracy {right.balanced_accuracy:.3f} "
            f"on {right.total} planted test samples, of which {len(right.x)} are right and explained",
        ]


def train_planted_network(
    trained: TrainedNetwork, samples: Samples, seed: int, reporter: Reporter
) -> PlantedNetwork:
    """Plant features into the samples of a run, and train its network on them as the run did.

    The features are made higher, to twice the standard deviation of their band, until the network learns
    them. Nothing else depends on how well it does, and nothing on how well a map finds them.

    Args:
        trained: The network of the run.
        samples: Its data.
        seed: Seed of what is planted.
        reporter: Shows the progress.

    Raises:
        InputError: If the network was trained elsewhere, or there is no room for features among the bands.
        ModelError: If the network does not learn the features.
    """
    config = check_trainable(trained)
    learned = None
    for depth in _DEPTHS:
        with reporter.step(f"planting features of {depth:g} standard deviations"):
            data = _plant(trained, samples, depth, seed)
        learned = _train(trained, data, config, reporter) or learned
        if learned is not None and learned.has_learned:
            break
    if learned is None:
        raise ModelError(
            "the network should learn planted features better than chance, or no map can be judged by them. "
            f"Found that it does not, from {len(data.rows('train'))} training samples and features up to "
            f"{_DEPTHS[-1]:g} standard deviations. Train it on more samples or for more epochs."
        )
    return learned


def check_trainable(trained: TrainedNetwork) -> TrainingConfig:
    """Return the settings that a network was trained with, after checking that features can be planted.

    Args:
        trained: The network.

    Raises:
        InputError: If it was trained elsewhere, or has too few bands.
    """
    config, bands = trained.training_config, trained.record["network"]["bands"]
    if config is None:
        raise InputError(
            "calibration should train the network again as it was trained. Found a network taken over by "
            "lrprism adopt, without settings of a training. Leave out --calibrate."
        )
    if bands < _LEAST_BANDS:
        raise InputError(
            f"bands should be {_LEAST_BANDS} or more, to plant features into some of them. Found {bands}. "
            "Leave out --calibrate."
        )
    return config


def _plant(trained: TrainedNetwork, samples: Samples, depth: float, seed: int) -> PlantedData:
    """Plant as many features as there is room for into samples of every part."""
    numbers = {
        part: draw_evenly(samples, read_part(trained, part), most, seed) for part, most in _MOST.items()
    }
    patches = samples.cut(np.concatenate(list(numbers.values())))
    parts = np.repeat(list(numbers), [len(drawn) for drawn in numbers.values()])
    centre = np.sort(patches["wavelength"].values)
    # a twentieth of the range, as wide as one step between bands at least
    width = max(float(centre[-1] - centre[0]) / 20, float(np.median(np.diff(centre))))
    classes = trained.record["network"]["classes"]
    for carriers, decoys in _NUMBERS:
        try:
            return plant(
                patches["patch"].values,
                patches["label"].values,
                patches["wavelength"].values,
                part=parts,
                classes=min(2**carriers, 4, classes),
                carriers=carriers,
                decoys=decoys,
                fwhm_nm=width,
                depth=depth,
                seed=seed,
            )
        except InputError as error:  # no room for so many
            refusal = error
    raise refusal


def _train(
    trained: TrainedNetwork, data: PlantedData, config: TrainingConfig, reporter: Reporter
) -> PlantedNetwork | None:
    """Train a new network of the same kind; None if it does not predict better than chance."""
    parts = {part: tuple(map(torch.from_numpy, data.select(part))) for part in PARTS}
    spec = trained.record["network"]
    x, _ = parts["train"]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        # its head too is that of the run: classes that are not planted stay empty
        model = NetworkSettings.from_record(spec).build(x, data.wavelengths, spec["classes"])
    title = f"{type(model.network).__name__} on planted features"
    train, validation = (TensorDataset(*parts[part]) for part in ("train", "validation"))
    fit(model, train, validation, config, progress=reporter.shows_progress, name=title)
    logits = ClassLogits(model.cpu().eval())
    try:
        right = choose_samples(logits, *parts["test"])
    except ModelError:
        return None
    record = {"mean_spectrum": x.double().mean((0, 2, 3)).tolist()}
    return PlantedNetwork(logits, right, data.truth, record)
