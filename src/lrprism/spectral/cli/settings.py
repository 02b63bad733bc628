"""From the words on the command line to the settings of the workbench."""

from lrprism.errors import InputError
from lrprism.spectral.preprocessing import parse_steps
from lrprism.spectral.workbench.networks import NetworkSettings

_SHORTEST_NM = 100


def read_network(model: str, layout: str | None, preprocess: str, pca: int | None) -> NetworkSettings:
    """Read the network and its preprocessing."""
    # --pca is short for a last step pca:COUNT
    steps = parse_steps(preprocess)
    return NetworkSettings(model, steps if pca is None else (*steps, f"pca:{pca}"), layout)


def read_features(words: str) -> int | tuple[float, ...]:
    """Read the number of features, or their wavelengths.

    Raises:
        InputError: If the words are neither.
    """
    # one whole number below any wavelength is a count
    if words.strip().isdigit() and int(words) < _SHORTEST_NM:
        return int(words)
    try:
        return tuple(float(word) for word in words.split(","))
    except ValueError as error:
        raise InputError(
            f"features should be a number of them, such as 3, or wavelengths in nm, such as 490,610,740. "
            f"Found {words!r}. Write one of the two."
        ) from error


def check_planting(trait: str | None, planted: str | None, decoys: str | None) -> None:
    """Refuse features beside a trait, which takes their place.

    Raises:
        InputError: If both are asked for.
    """
    features = {"--planted": planted, "--decoys": decoys}
    named = [name for name, words in features.items() if words is not None]
    if trait is not None and named:
        raise InputError(
            f"classes should differ in a trait or in planted features. Found --trait {trait} and "
            f"{' and '.join(named)}. Leave out one of the two."
        )
