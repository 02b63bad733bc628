"""Bands of which a network learned nothing, as they are constant over its training part."""

from typing import Final

from lrprism.spectral.preprocessing import Pipeline
from lrprism.spectral.preprocessing.step import AbstractStep
from lrprism.spectral.workbench.part_samples import read_wavelengths
from lrprism.spectral.workbench.sources import Samples

_MOST: Final = 5


def note_hidden_bands(model: Pipeline, samples: Samples) -> list[str]:
    """Name the bands that a step of the preprocessing turns to 0 in all data, as each of them is constant.

    Args:
        model: The network behind its preprocessing.
        samples: The data that it was trained on.
    """
    notes = []
    wavelength = read_wavelengths(samples).numpy()
    for step in model.steps:
        assert isinstance(step, AbstractStep)
        hidden = step.hidden_bands()
        if hidden:
            named = ", ".join(f"{wavelength[band]:.1f}" for band in hidden[:_MOST])
            more = f" and {len(hidden) - _MOST} more" if len(hidden) > _MOST else ""
            verb, them = ("bands are", "them") if len(hidden) > 1 else ("band is", "it")
            notes.append(
                f"{len(hidden)} {verb} constant over the training part, and the network sees 0 in place of "
                f"{them} in all data: {named} nm{more}"
            )
        behind = step.output_wavelengths(wavelength)
        if behind is None:  # principal components, which all vary
            break
        wavelength = behind
    return notes
