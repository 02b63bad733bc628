"""Simulated data in a file, and their truth in words."""

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from lrprism.spectral.files import write_whole
from lrprism.spectral.io.truth_file import check_new_file, write_simulation
from lrprism.spectral.simulate import LeafDraft, LeafSettings, Truth, draft_leaves, name_parts
from lrprism.spectral.workbench.progress import Reporter

_TEST, _VALIDATION = 0.4, 0.1
_ROLES: Final = {"class": "carries the class", "decoy": "is a decoy", "blind": "is blind"}


def simulate_into(
    file: Path, samples: int, settings: LeafSettings, reporter: Reporter, *, overwrite: bool = False
) -> LeafDraft:
    """Draw images of leaves and write them, and their truth, into one file.

    With a blind feature the split that it needs, half of the samples for training, is written beside the
    file, as ``NAME.split.csv``.

    Args:
        file: The file to be.
        samples: Number of images.
        settings: The settings of the images.
        reporter: Shows the progress.
        overwrite: Whether earlier files may be replaced.

    Returns:
        All that was drawn but the images.

    Raises:
        InputError: If there are too few samples, or no room for the features.
        ResultsError: If a file exists and may not be replaced, or it cannot be written.
    """
    held_out = round(_TEST * samples), round(_VALIDATION * samples)
    part = name_parts(max(0, samples - sum(held_out)), held_out[1], held_out[0])
    draft = draft_leaves(part, settings)
    split_file = find_split_file(file)
    if settings.planting.blind:
        check_new_file(split_file, overwrite=overwrite)
    write_simulation(
        file, draft, overwrite=overwrite, track=lambda blocks: reporter.track(blocks, "drawing leaves")
    )
    if settings.planting.blind:
        _write_split(split_file, part)
    return draft


def find_split_file(file: Path) -> Path:
    """Return the name of the split beside a file of simulated samples."""
    return file.with_suffix(".split.csv")


def describe_truth(truth: Truth) -> list[str]:
    """Say what carries the class in simulated data and what does not, a sentence each."""
    trait = truth.parameters.get("trait")
    lines = [
        f"{feature.centre:.1f} nm, {feature.fwhm:.1f} nm wide, {_ROLES[feature.role]}"
        for feature in sorted(truth.features, key=lambda feature: (feature.role != "class", feature.centre))
    ]
    if trait is not None:
        lines.append(f"{_list_ranges(truth, truth.bands)} change most with {trait}, which carries the class")
    if truth.noise.any():
        lines.append(f"{_list_ranges(truth, truth.noise)} hold noise alone")
    if truth.confounder.any():
        kind = truth.parameters["confounder"]
        where = "beside the leaf" if kind == "stripe" else f"at {_list_ranges(truth, truth.confounder)}"
        words = {"stripe": "a stripe", "band": "an artefact"}[kind]
        lines.append(f"{words} {where} confounds {int(truth.confounded.sum())} samples")
    return lines


def _list_ranges(truth: Truth, mask: npt.NDArray[np.bool_]) -> str:
    """Write the first and last wavelength of each run of bands."""
    numbers = np.flatnonzero(mask)
    runs = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1)
    ends = [(truth.wavelengths[run[0]], truth.wavelengths[run[-1]]) for run in runs]
    return ", ".join(f"{low:.1f} to {high:.1f} nm" for low, high in ends)


def _write_split(file: Path, part: npt.NDArray[np.str_]) -> None:
    with write_whole(file) as partial:
        pd.DataFrame({"sample": np.arange(len(part)), "part": part}).to_csv(partial, index=False)
