"""The leaves: a dip at 680 nm, a shifted red edge, a stripe beside the leaf, and two plain classes."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from lrprism.spectral.io.truth_file import write_simulation
from lrprism.spectral.simulate import LeafDraft, LeafSettings, PlantSettings, draft_leaves, name_parts

PLAIN, DIP, SHIFT, STRIPE, PLAIN_TOO = range(5)
"""The classes; nothing tells the two plain ones apart."""
SAMPLES: Final = 750
WINDOW: Final = 15  # pixels; the tutorial has 25, which takes three times as long
DIP_NM: Final = 680.0
STRIPES: Final = 0.98
"""Share of the leaves of its class beside which there is a stripe."""
_DIP_DEPTH, _DIP_FWHM = 0.07, 20.0  # reflectance, nm
_HAIRS: Final = 0.08
"""Reflectance of the hairs of the leaves, in all bands: without it there is no room for a dip at 680 nm."""
_SHIFT: Final = 10.0  # nm
_EDGE: Final = (660.0, 670.0, 780.0, 790.0)  # nm, where the shift begins, is whole, is whole still, and ends
_STREAM: Final = 99


@dataclass(frozen=True, eq=False)
class Leaves:
    """A draft of leaves, and where the shift is.

    Args:
        draft: The draft.
        shift_nm: Where the shift changes the reflectance most, on average, in nm.
    """

    draft: LeafDraft
    shift_nm: float

    def write(self, file: Path) -> None:
        """Write the images into a file of the tutorial's layout."""
        write_simulation(file, self.draft, overwrite=True)


def draw(seed: int) -> Leaves:
    """Draw the leaves of five classes, 150 of each.

    Args:
        seed: Seed of everything that is drawn.
    """
    # carriers are asked for and not planted: the draft wants as many as five classes need
    planting = PlantSettings(classes=5, carriers=3, decoys=0, noise_bands=0, confounder="stripe", seed=seed)
    part = name_parts(SAMPLES // 2, SAMPLES // 10, SAMPLES - SAMPLES // 2 - SAMPLES // 10)
    draft = draft_leaves(part, LeafSettings(planting, window=WINDOW))
    nm, y = draft.wavelengths, draft.plan.y
    leaf = draft.leaf + _HAIRS
    leaf[y == DIP] -= _DIP_DEPTH * 2.0 ** -((2 * (nm - DIP_NM) / _DIP_FWHM) ** 2)
    weight = np.interp(nm, _EDGE, (0, 1, 1, 0))
    moved = np.array([np.interp(nm - _SHIFT, nm, spectrum) for spectrum in leaf[y == SHIFT]])
    change = weight * (moved - leaf[y == SHIFT])
    leaf[y == SHIFT] += change
    drawn = np.random.default_rng([seed, _STREAM]).random(len(y))
    plan = replace(draft.plan, features=(), confounded=(y == STRIPE) & (drawn < STRIPES))
    shift_nm = float(nm[np.abs(change.mean(axis=0)).argmax()])
    return Leaves(replace(draft, leaf=leaf, bump=np.zeros_like(draft.bump), plan=plan), shift_nm)
