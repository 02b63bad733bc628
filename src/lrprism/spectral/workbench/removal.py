"""Removal of windows of bands under two imputers, which rule auto, the verdict and a judgement share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from torch import Tensor

from lrprism.errors import InputError
from lrprism.evaluation import AbstractImputer, Constant, Interpolation, Regions, bands, choose_samples
from lrprism.spectral.workbench.candidates import ClassLogits
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.part_samples import draw_evenly, read_tensors, read_wavelengths
from lrprism.spectral.workbench.references import find_reference
from lrprism.spectral.workbench.sources import Samples
from lrprism.spectral.workbench.trained_network import TrainedNetwork

WINDOWS: Final = 20
"""About how many windows of bands are removed, one after the other."""
WIDTH: Final = 5
"""Bands that the verdict and a judgement remove together: SRG depends on the width of the windows."""
AT_LEAST: Final = 40
"""Fewer samples that the network gets right are named."""


@dataclass(frozen=True, eq=False)
class Removal:
    """Samples that a network gets right, and what is removed from them.

    Args:
        model: The network.
        x: The samples, ``[N, band, y, x]``.
        target: Their classes, ``[N]``.
        regions: Windows of bands.
        imputers: What takes their place: the mean of the training samples, and the line between the bands
            that are left.
        wavelengths: Centre of each band in nm, ``[band]``.
        notes: What a reader has to know of the samples, one line each.
    """

    model: ClassLogits
    x: Tensor
    target: Tensor
    regions: Regions
    imputers: tuple[AbstractImputer, ...]
    wavelengths: Tensor
    notes: tuple[str, ...]

    @classmethod
    def prepare(
        cls, trained: TrainedNetwork, samples: Samples, numbers: Numbers, *, most: int, seed: int
    ) -> Self:
        """Draw samples that the network gets right, and make windows and imputers.

        Args:
            trained: The network.
            samples: Its data.
            numbers: The samples to draw from.
            most: Most samples.
            seed: Seed of the draw.

        Raises:
            InputError: If there is one band only.
            DataError: If the record holds no mean spectrum.
            ModelError: If the network is at chance level.
        """
        check_band_count(trained)
        count = trained.record["network"]["bands"]
        model = ClassLogits(trained.model)
        x, target = read_tensors(samples, draw_evenly(samples, numbers, most, seed))
        right = choose_samples(model, x, target, at_least=AT_LEAST)
        wavelengths = read_wavelengths(samples)
        imputers = build_imputers(trained.record, x, wavelengths)
        regions = bands(x, max(1, round(count / WINDOWS)))
        notes = _list_notes(right.target, samples.class_names)
        return cls(model, right.x, right.target, regions, imputers, wavelengths, notes)


def build_imputers(
    record: Mapping[str, Any], x: Tensor, wavelengths: Tensor
) -> tuple[AbstractImputer, AbstractImputer]:
    """Return what takes the place of bands: the training mean, and the line between the bands that are left.

    Args:
        record: The record of a training.
        x: Samples of the network, ``[N, band, y, x]``.
        wavelengths: Centre of each band in nm, ``[band]``.

    Raises:
        DataError: If the record holds no mean spectrum.
    """
    make_mean = find_reference("mean", record)
    assert make_mean is not None  # zero alone has no maker
    mean = make_mean(x)[0]
    return Constant(mean, "training mean"), Interpolation(mean, wavelengths)


def check_band_count(trained: TrainedNetwork) -> None:
    """Refuse a network of one band: there is no ranking of bands to judge.

    Args:
        trained: The network.

    Raises:
        InputError: If there is one band only.
    """
    if trained.record["network"]["bands"] < 2:
        raise InputError(
            "bands should be 2 or more, so that maps can be judged by removing some of them. Found 1, which "
            "every map ranks first. Explain it without a judgement: lrprism explain RUN --rule epsilon."
        )


def _list_notes(target: Tensor, names: list[str]) -> tuple[str, ...]:
    """Name the classes that nothing is said of, and say if there are few samples."""
    counts = target.bincount(minlength=len(names)).tolist()
    missing = [name for name, count in zip(names, counts, strict=True) if not count]
    notes = []
    if missing:
        notes.append(
            f"classes without a sample that the network gets right, of which nothing is said: "
            f"{', '.join(missing)}"
        )
    if len(target) < AT_LEAST:
        notes.append(f"{len(target)} samples where at least {AT_LEAST} are asked for: intervals are wide")
    return tuple(notes)
