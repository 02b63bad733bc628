"""A network with its preprocessing in front: fitted on the training part, built again to be loaded."""

import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self, cast

import numpy as np
from torch import Tensor, nn

from lrprism.errors import DataError, InputError
from lrprism.spectral.networks import NETWORKS, build_network, factory_signature, load_factory, load_program
from lrprism.spectral.preprocessing import LAYOUTS, Pipeline
from lrprism.spectral.preprocessing.pipeline import Layout
from lrprism.spectral.workbench.steps import Wavelengths, fitted_steps, unfitted_steps

NETWORK: Final = "network"
"""Where the network stands in the pipeline, for :class:`lrprism.Within`."""
PROGRAM: Final = "network.pt2"
"""What a run folder calls its copy of an exported program."""


@dataclass(frozen=True)
class NetworkSettings:
    """Which network, and what stands in front of it.

    Args:
        name: One of :data:`lrprism.spectral.networks.NETWORKS`; or the user's own:
            ``"package.module:factory"``, called with those of ``bands``, ``classes`` and ``window`` that it
            takes, or the path of a program that ``torch.export.save`` wrote (``.pt2``).
        steps: The preprocessing, as :func:`lrprism.spectral.workbench.steps.parse_steps` returns it.
        layout: What a network of the user's own takes, where it has no attribute ``layout``: ``"patch"``
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
        """Whether it is an exported program, which cannot be trained."""
        return self.name.endswith(".pt2")

    @property
    def is_factory(self) -> bool:
        """Whether building it imports code of the user's."""
        return ":" in self.name and not self.is_program

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """Rebuild what :meth:`record` wrote."""
        return cls(record["name"], tuple(record["steps"]), record["layout"])

    def record(self, wavelength: Wavelengths, classes: int, window: int) -> dict[str, Any]:
        """Return all that is needed to build the network again, as plain JSON."""
        bands = {"bands": len(wavelength), "wavelength_nm": wavelength.tolist()}
        name = PROGRAM if self.is_program else self.name
        return {**asdict(self), "name": name, **bands, "classes": classes, "window": window}

    def keep_program(self, folder: Path) -> None:
        """Copy an exported program into a run folder, so that the folder is all that is needed."""
        if self.is_program:
            shutil.copyfile(self.name, folder / PROGRAM)

    def fitted(self, patches: Tensor, wavelength: Wavelengths, classes: int) -> Pipeline:
        """Build the network for some data, with its preprocessing fitted to them.

        Args:
            patches: The training part, ``[N, band, y, x]``, in the data's own units.
            wavelength: Centre of each band in nm, ``[band]``.
            classes: Number of classes.

        Returns:
            The pipeline, its network with the weights that it is built with.

        Raises:
            InputError: If a step is impossible for these data, or the layout of the network is not known.
            DataError: If a step cannot be fitted, as where a band does not vary, or a program is damaged.
            ModelError: If the network cannot be built for these patches.
        """
        return self._pipeline(fitted_steps(self.steps, patches, wavelength), patches, classes)

    def unfitted(self, wavelength: Wavelengths, classes: int, window: int, folder: Path) -> Pipeline:
        """Build the same pipeline for weights to be loaded into.

        Args:
            wavelength: Centre of each band of the data in nm, ``[band]``.
            classes: Number of classes.
            window: Side of the patches in pixels.
            folder: The run folder, which holds the copy of an exported program.
        """
        patches = Tensor(1, len(wavelength), window, window).zero_()
        return self._pipeline(unfitted_steps(self.steps, wavelength), patches, classes, folder)

    def _pipeline(
        self, steps: list[nn.Module], patches: Tensor, classes: int, folder: Path | None = None
    ) -> Pipeline:
        bands = int(nn.Sequential(*steps)(patches[:1]).shape[1])
        network = self._network({"bands": bands, "classes": classes, "window": patches.shape[-1]}, folder)
        layout = self.layout or getattr(network, "layout", None)
        if layout not in LAYOUTS:
            raise InputError(
                f"'{self.name}' should say what it takes. Found no attribute layout. Give --layout patch for "
                "[N, band, y, x], volume for [N, 1, band, y, x] or spectrum for [N, band]."
            )
        return Pipeline(steps, network, cast(Layout, layout))

    def _network(self, sizes: dict[str, int], folder: Path | None) -> nn.Module:
        if self.is_program:
            return load_program(self.name if folder is None else folder / self.name)
        if self.is_factory:
            taken = factory_signature(self.name).parameters
            return load_factory(self.name, arguments={name: sizes[name] for name in sizes if name in taken})
        return build_network(self.name, **sizes)


def network_of(record: dict[str, Any], folder: Path, trusted: str | None = None) -> Pipeline:
    """Build the network of a run, without its weights.

    Args:
        record: What :meth:`NetworkSettings.record` wrote.
        folder: The run folder.
        trusted: The user's own network, ``"package.module:factory"``, that may be imported: what a file names
            is not.

    Raises:
        DataError: If the record is of another version of lrprism.
        InputError: If the run's network is of the user's own and not trusted.
    """
    try:
        settings = NetworkSettings.from_record(record)
        wavelength = np.array(record["wavelength_nm"], dtype=np.float64)
    except (KeyError, TypeError) as error:
        raise DataError(
            f"'{folder}' should hold a network of this version. Found no {error} in its record. "
            "Train it again."
        ) from error
    if settings.is_factory and trusted != settings.name:
        raise InputError(
            f"the network of '{folder}' is built by {settings.name}, and importing that runs its code. Found "
            f"{'no permission' if trusted is None else trusted}. If you trust it, add "
            f"--model {settings.name}."
        )
    return settings.unfitted(wavelength, record["classes"], record["window"], folder)
