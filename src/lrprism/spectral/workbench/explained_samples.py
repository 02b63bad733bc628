"""The samples to explain, and their fit to the network."""

from lrprism.errors import DataError
from lrprism.spectral.cubes.patches import PatchSet
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.describe_explanation import SamplePart
from lrprism.spectral.workbench.explanation_settings import ExplanationSettings
from lrprism.spectral.workbench.part_samples import find_test_part
from lrprism.spectral.workbench.per_class import limit_per_class
from lrprism.spectral.workbench.sources import Samples
from lrprism.spectral.workbench.trained_network import TrainedNetwork


def choose_samples(
    samples: Samples, trained: TrainedNetwork, settings: ExplanationSettings
) -> tuple[Numbers, SamplePart]:
    """Choose the samples to explain, and name the part that they are drawn from.

    Args:
        samples: The data.
        trained: The network.
        settings: The way to explain.
    """
    numbers, part = samples.numbers, SamplePart("all", len(samples.numbers))
    tested = find_test_part(trained, samples)
    if tested is not None:  # the network has seen the other parts of this very data
        numbers, part = tested, SamplePart("test", len(tested))
    # where no class is known there are none to take some of
    if settings.per_class is not None and (samples.labels >= 0).all():
        numbers = limit_per_class(numbers, samples.labels_of(numbers), settings.per_class, settings.seed)
    return numbers, part


def check_fit(patches: PatchSet, trained: TrainedNetwork, samples: Samples) -> None:
    """Refuse patches of other bands or another window than those that a network takes.

    Args:
        patches: A patch of the data.
        trained: The network.
        samples: The data, named in the message.

    Raises:
        DataError: If they do not fit.
    """
    spec = trained.record["network"]
    bands, window = patches.sizes["band"], patches.sizes["x"]
    if (bands, window) != (spec["bands"], spec["window"]):
        raise DataError(
            f"'{samples.source}' should give patches of {spec['bands']} bands and {spec['window']} pixels, "
            f"as the network was trained. Found {bands} bands and {window} pixels. Explain data of the "
            "same sensor and window."
        )
