"""A network with its preprocessing in front: fitted on the training part, built again to be loaded."""

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, Self, cast, get_args

import torch
from torch import Tensor, nn

from lrprism._errors import InputError
from lrprism.models import build_network
from lrprism.spectral.preprocessing import PCA, MinMax, Pipeline, ScaleByStd, ZScore
from lrprism.spectral.preprocessing.pipeline import Layout

Scaling = Literal["std", "zscore", "minmax", "none"]
SCALINGS: Final[tuple[str, ...]] = get_args(Scaling)
NETWORK: Final = "network"
"""Where the network stands in the pipeline, for :class:`lrprism.Within`."""

_SCALINGS: Final[dict[str, type[ScaleByStd] | type[ZScore] | type[MinMax]]] = {
    "std": ScaleByStd,
    "zscore": ZScore,
    "minmax": MinMax,
}
_AT_ONCE: Final = 256  # patches


@dataclass(frozen=True)
class NetworkSettings:
    """Which network, and what stands in front of it.

    Args:
        name: One of :data:`lrprism.models.NETWORKS`.
        scaling: "std": each band over its standard deviation, no mean removed; "zscore"; "minmax"; "none".
        pca: Number of principal components that the network sees; the scaled bands themselves if None.

    Raises:
        InputError: If the scaling is another.
    """

    name: str = "hyper3dnetlite"
    scaling: str = "std"
    pca: int | None = None

    def __post_init__(self) -> None:
        """Check the scaling.

        Raises:
            InputError: If it is none of the known.
        """
        if self.scaling not in SCALINGS:
            raise InputError(
                f"scaling should be one of {', '.join(SCALINGS)}. Found '{self.scaling}'. Take one of them."
            )

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """Rebuild what :meth:`record` wrote."""
        return cls(**{name: record[name] for name in ("name", "scaling", "pca")})

    def record(self, bands: int, classes: int, window: int) -> dict[str, Any]:
        """Return all that is needed to build the network again, as plain JSON."""
        return {**asdict(self), "bands": bands, "classes": classes, "window": window}

    def fitted(self, patches: Tensor, classes: int) -> Pipeline:
        """Build the network for some data, with its preprocessing fitted to them.

        Args:
            patches: The training part, ``[N, band, y, x]``, in the data's own units.
            classes: Number of classes.

        Returns:
            The pipeline, its network with random weights.

        Raises:
            InputError: If there is no such network, or not so many components.
            DataError: If a band does not vary.
            ModelError: If the network cannot be built for these patches.
        """
        steps: list[nn.Module] = []
        if self.scaling != "none":
            steps.append(_SCALINGS[self.scaling].fit(patches))
        if self.pca is not None:
            scaled = nn.Sequential(*steps)
            batches = (
                scaled(patches[start : start + _AT_ONCE]) for start in range(0, len(patches), _AT_ONCE)
            )
            steps.append(PCA.fit(batches, self.pca))
        return self._pipeline(steps, patches.shape[1], classes, patches.shape[-1])

    def blank(self, bands: int, classes: int, window: int) -> Pipeline:
        """Build the same pipeline with nothing fitted, for weights to be loaded into.

        Args:
            bands: Number of bands of the data.
            classes: Number of classes.
            window: Side of the patches in pixels.
        """
        zeros, ones = torch.zeros(bands), torch.ones(bands)
        blanks = {"std": (ones,), "zscore": (zeros, ones), "minmax": (zeros, ones)}
        steps: list[nn.Module] = []
        if self.scaling != "none":
            steps.append(_SCALINGS[self.scaling](*blanks[self.scaling]))
        if self.pca is not None:
            steps.append(PCA(zeros, torch.zeros(self.pca, bands)))
        return self._pipeline(steps, bands, classes, window)

    def _pipeline(self, steps: list[nn.Module], bands: int, classes: int, window: int) -> Pipeline:
        network = build_network(self.name, self.pca or bands, classes, window)
        return Pipeline(steps, network, cast(Layout, network.layout))


def network_of(record: dict[str, Any]) -> Pipeline:
    """Build the network of a run, without its weights.

    Args:
        record: What :meth:`NetworkSettings.record` wrote.
    """
    return NetworkSettings.from_record(record).blank(record["bands"], record["classes"], record["window"])
