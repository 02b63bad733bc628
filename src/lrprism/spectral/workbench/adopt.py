"""Take over a network that was trained elsewhere."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lrprism.errors import InputError
from lrprism.spectral.runs import versions, write_json
from lrprism.spectral.runs.record import RUN_FILE
from lrprism.spectral.workbench.networks import NetworkSettings, build_for_samples
from lrprism.spectral.workbench.parts import assign_all_to_test, deal_samples
from lrprism.spectral.workbench.preparation import Preparation
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.record import score_test_part, write_network
from lrprism.spectral.workbench.sources import open_labelled_samples
from lrprism.spectral.workbench.split_settings import SplitSettings


@dataclass(frozen=True)
class AdoptionSettings:
    """The trained network to take over, and the data that it was trained on.

    Args:
        source: ``"indian-pines"``, or the path of a cube or of an HDF5 patch file.
        preparation: The preparation of the bands, and the window for a scene.
        network: The network, and its preprocessing.
        split: The split that it was trained with; None where that is not known.
        weights: Its weights: a safetensors file or a checkpoint; None for an exported program.
        batch_size: Patches at a time.
        seed: Seed of a split drawn here.

    Raises:
        InputError: If weights are missing, or given beside a program.
    """

    source: str
    preparation: Preparation
    network: NetworkSettings
    split: SplitSettings | None = None
    weights: str | None = None
    batch_size: int = 32
    seed: int = 0

    def __post_init__(self) -> None:
        """Check that there are weights, once.

        Raises:
            InputError: If weights are missing, or given beside a program.
        """
        if self.network.is_program is (self.weights is not None):
            raise InputError(
                "weights should be given for a network built from code, and lie in an exported program. "
                f"Found {self.weights or 'none'} for '{self.network.name}'. "
                f"{'Leave out --weights' if self.weights else 'Give --weights FILE'}."
            )


def adopt_into(folder: Path, settings: AdoptionSettings, reporter: Reporter) -> dict[str, Any]:
    """Take over a network that was trained elsewhere: test it and write the files of a training.

    Args:
        folder: The folder to write into; it must exist.
        settings: The network and its data.
        reporter: Shows the progress.

    Returns:
        The part of ``run.json`` about the network.

    Raises:
        DataError: If the data, the split or the network cannot be read.
        InputError: If a setting is out of range.
        ModelError: If the network does not fit the data, or the weights.
    """
    samples = open_labelled_samples(settings.source, settings.preparation, reporter)
    samples = samples.hold(samples.numbers, folder)
    with reporter.step(f"taking over {settings.network.name}"):
        if settings.split is None:
            parts = assign_all_to_test(samples)
        else:
            parts = deal_samples(samples, settings.split, settings.preparation.window, settings.seed)
        # without a known training part, the statistics of the preprocessing come from the test part
        fitted_on = parts.train if parts.train.size else parts.test
        model = build_for_samples(settings.network, samples, fitted_on, settings.weights)
        settings.network.copy_program(folder)
    scores = score_test_part(
        model.eval(),
        samples,
        parts.test,
        groups=parts.find_groups(samples, parts.test),
        batch_size=settings.batch_size,
        device="cpu",
        reporter=reporter,
    )
    record = write_network(folder, settings, samples, parts, model, scores)
    write_json(folder / RUN_FILE, {"versions": versions(), "training": record})
    return record
