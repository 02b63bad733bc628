"""From the words on the command line to the settings of the workbench."""

from lrprism.spectral.cubes.bands import parse_bands
from lrprism.spectral.preprocessing import parse_steps
from lrprism.spectral.workbench.networks import NetworkSettings
from lrprism.spectral.workbench.sources import Preparation


def read_preparation(
    labels: str | None,
    key: str | None,
    wavelengths: str | None,
    class_names: str | None,
    average_pairs: bool,
    bands: str | None,
    window: int,
) -> Preparation:
    """Read the preparation of the data."""
    return Preparation(
        average_pairs=average_pairs,
        bands=None if bands is None else parse_bands(bands),
        window=window,
        wavelengths=wavelengths,
        class_names=None if class_names is None else tuple(name.strip() for name in class_names.split(",")),
        labels=labels,
        key=key,
    )


def read_network(model: str, layout: str | None, preprocess: str, pca: int | None) -> NetworkSettings:
    """Read the network and its preprocessing."""
    # --pca is short for a last step pca:COUNT
    steps = parse_steps(preprocess)
    return NetworkSettings(model, steps if pca is None else (*steps, f"pca:{pca}"), layout)
