"""A network with its preprocessing in front: built for the training part, or rebuilt for its weights."""

import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self, cast

import numpy as np
import torch
from torch import Tensor, nn

from lrprism.errors import DataError, InputError
from lrprism.spectral.networks import (
    NETWORKS,
    build_network,
    factory_signature,
    load_checkpoint,
    load_factory,
    load_program,
)
from lrprism.spectral.preprocessing import LAYOUTS, AbstractStep, Layout, Pipeline, Wavelengths, build_steps
from lrprism.spectral.preprocessing.moments import Batches
from lrprism.spectral.preprocessing.output_scale import OutputScale
from lrprism.spectral.training.tasks.regression import measure_traits
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.network_checks import check_runs, check_window
from lrprism.spectral.workbench.patch_batches import PatchBatches
from lrprism.spectral.workbench.sources import Samples

NETWORK: Final = "network"
"""Name of the network within the pipeline, for :class:`lrprism.Within`."""
PROGRAM: Final = "network.pt2"
"""File name of the copy of an exported program in a run folder."""


@dataclass(frozen=True)
class NetworkSettings:
    """A network by its name, and its preprocessing.

    Args:
        name: One of :data:`lrprism.spectral.networks.NETWORKS`; or the user's own:
            ``"package.module:factory"``, called with those of ``bands``, ``classes`` and ``window`` that it
            takes, or the path of a program that ``torch.export.save`` wrote (``.pt2``).
        steps: The preprocessing, as :func:`lrprism.spectral.preprocessing.parse_steps` returns it.
        layout: Input of a network of the user's own that has no attribute ``layout``: ``"patch"``
            ``[N, band, y, x]``, ``"volume"`` ``[N, 1, band, y, x]`` or ``"spectrum"`` ``[N, band]``.

    Raises:
        InputError: If there is no such network or layout.
    """

    name: str = "hyper3dnetlite"
    steps: tuple[str, ...] = ("std",)
    layout: str | None = None

    def __post_init__(self) -> None:
        """Check the names.

        Raises:
            InputError: If there is no such network or layout.
        """
        if not (self.name in NETWORKS or self.is_program or self.is_factory):
            raise InputError(
                f"the network should be one of {', '.join(NETWORKS)}, package.module:factory, or a program "
                f"of torch.export (.pt2). Found '{self.name}'. Take one of them."
            )
        if self.layout is not None and self.layout not in LAYOUTS:
            raise InputError(
                f"layout should be one of {', '.join(LAYOUTS)}. Found '{self.layout}'. Take one of them."
            )

    @property
    def is_program(self) -> bool:
        """True for an exported program, which cannot be trained."""
        return self.name.endswith(".pt2")

    @property
    def is_factory(self) -> bool:
        """True if building it imports code of the user."""
        return ":" in self.name and not self.is_program

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """Rebuild what :meth:`record` wrote."""
        return cls(record["name"], tuple(record["steps"]), record["layout"])

    def record(
        self, wavelength: Wavelengths, classes: int, window: int, *, scales_outputs: bool = False
    ) -> dict[str, Any]:
        """Return all that is needed to build the network again, as plain JSON."""
        bands = {"bands": len(wavelength), "wavelength_nm": wavelength.tolist()}
        # the folder has its own copy of a program
        name = PROGRAM if self.is_program else self.name
        return {
            **asdict(self),
            "name": name,
            **bands,
            "classes": classes,
            "window": window,
            "scales_outputs": scales_outputs,
        }

    def copy_program(self, folder: Path) -> None:
        """Copy an exported program into a run folder, so that the folder is all that is needed."""
        if self.is_program:
            shutil.copyfile(self.name, folder / PROGRAM)

    def build(
        self, patches: Batches, wavelength: Wavelengths, classes: int, output_scale: OutputScale | None = None
    ) -> Pipeline:
        """Build the network for a training part, with its preprocessing fitted to it.

        Args:
            patches: The training part, ``[N, band, y, x]``, in the data's own units; or batches of it,
                which can be gone through more than once.
            wavelength: Centre of each band in nm, ``[band]``.
            classes: Number of classes, or of traits.
            output_scale: Turns outputs into units of traits; None for classes.

        Returns:
            The pipeline, its network with the weights that it is built with.

        Raises:
            InputError: If a step is impossible for these data, or the layout of the network is not known.
            DataError: If a step cannot be fitted, as where a band does not vary, or a program is damaged.
            ModelError: If the network cannot be built for these patches.
        """
        steps = build_steps(self.steps, wavelength, patches)
        first = patches if isinstance(patches, Tensor) else next(iter(patches))
        sizes = {"bands": len(wavelength), "classes": classes, "window": first.shape[-1]}
        return self._build_pipeline(steps, sizes, output_scale=output_scale)

    def rebuild(
        self, wavelength: Wavelengths, classes: int, window: int, folder: Path, *, scales_outputs: bool
    ) -> Pipeline:
        """Build the same pipeline for weights to be loaded into.

        Args:
            wavelength: Centre of each band of the data in nm, ``[band]``.
            classes: Number of classes.
            window: Side of the patches in pixels.
            folder: The run folder, which holds the copy of an exported program.
            scales_outputs: Whether its outputs are turned into units of traits.
        """
        steps = build_steps(self.steps, wavelength)
        sizes = {"bands": len(wavelength), "classes": classes, "window": window}
        return self._build_pipeline(
            steps, sizes, folder, output_scale=OutputScale(classes) if scales_outputs else None
        )

    def _build_pipeline(
        self,
        steps: list[AbstractStep],
        sizes: dict[str, int],
        folder: Path | None = None,
        *,
        output_scale: OutputScale | None,
    ) -> Pipeline:
        shape: tuple[int, ...] = (1, sizes["bands"], sizes["window"], sizes["window"])
        for step in steps:
            shape = step.output_shape(shape)
        # PCA, resampling and selection change the number of bands
        network = self._build_network({**sizes, "bands": shape[1]}, folder)
        layout = self.layout or getattr(network, "layout", None)
        if layout not in LAYOUTS:
            raise InputError(
                f"'{self.name}' should say what it takes. Found no attribute layout. Give --layout patch for "
                "[N, band, y, x], volume for [N, 1, band, y, x] or spectrum for [N, band]."
            )
        return Pipeline(steps, network, cast(Layout, layout), output_scale)

    def _build_network(self, sizes: dict[str, int], folder: Path | None) -> nn.Module:
        if self.is_program:
            return load_program(self.name if folder is None else folder / self.name)
        # the factory of the user takes what it names: bands, classes, window or none of them
        if self.is_factory:
            parameters = factory_signature(self.name).parameters
            arguments = {name: size for name, size in sizes.items() if name in parameters}
            return load_factory(self.name, arguments=arguments)
        return build_network(self.name, **sizes)


def rebuild_network(record: dict[str, Any], folder: Path, trusted: str | None = None) -> Pipeline:
    """Build the network of a run, without its weights.

    Args:
        record: The result of :meth:`NetworkSettings.record`.
        folder: The run folder.
        trusted: The user's own network that may be imported, ``"package.module:factory"``. A name in a file
            is not enough to run its code.

    Raises:
        DataError: If the record is of another version of lrprism.
        InputError: If the run's network is of the user's own and not trusted.
    """
    try:
        settings = NetworkSettings.from_record(record)
        wavelength = np.array(record["wavelength_nm"], dtype=np.float64)
        scales_outputs = bool(record["scales_outputs"])
    except (KeyError, TypeError) as error:
        raise DataError(
            f"'{folder}' should hold a network of this version. Found no {error} in its record. "
            "Train it again."
        ) from error
    # a run folder may come from anyone: its record must not run code by itself
    if settings.is_factory and trusted != settings.name:
        raise InputError(
            f"the network of '{folder}' is built by {settings.name}, and importing that runs its code. Found "
            f"{'no permission' if trusted is None else trusted}. If you trust it, add "
            f"--model {settings.name}."
        )
    return settings.rebuild(
        wavelength, record["classes"], record["window"], folder, scales_outputs=scales_outputs
    )


def build_for_samples(
    settings: NetworkSettings, samples: Samples, numbers: Numbers, weights: str | None
) -> Pipeline:
    """Build a network for some data and check that it runs on them.

    Args:
        settings: The network, and its preprocessing.
        samples: The data.
        numbers: The samples that the preprocessing is fitted to.
        weights: A file of weights for the network; None for those that it is built with.

    Raises:
        InputError: If a step is impossible for these data, or the layout of the network is not known.
        DataError: If a step cannot be fitted, or the weights cannot be read.
        ModelError: If the network or the weights do not fit the data.
    """
    nm = samples.cut(numbers[:1])["wavelength"].values
    check_window(settings.name, samples)
    scale = _fit_output_scale(samples, numbers)
    model = settings.build(PatchBatches(samples, numbers), nm, len(samples.task.names), scale)
    if weights is not None:
        load_checkpoint(model.network, weights)
    check_runs(model, samples, settings.name)
    return model


def _fit_output_scale(samples: Samples, numbers: Numbers) -> OutputScale | None:
    """Return what turns outputs into units of the traits of the training part; None for classes."""
    if samples.targets is None:
        return None
    scale = OutputScale(samples.targets.shape[1])
    scale.set_statistics(*measure_traits(torch.from_numpy(samples.targets_of(numbers))))
    return scale
