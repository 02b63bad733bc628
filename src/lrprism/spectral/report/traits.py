"""Which stretches of the spectrum move a predicted trait, in words."""

import numpy as np
import pandas as pd

from lrprism.spectral.bands.pooling import pick_peaks
from lrprism.spectral.knowledge.absorption import Feature
from lrprism.spectral.report.stretches import MOST, find_causes, mark_box, name_place, read_width


def describe_traits(table: pd.DataFrame, features: tuple[Feature, ...], unit: str) -> list[str]:
    """Say which stretches move each trait most, up or down.

    They are the largest peaks of the mean magnitude of the pooled relevance, a width apart, or single bands
    where it is not pooled. Relevance itself would cancel in its mean: some samples lie above the reference,
    others below.

    Args:
        table: The :func:`lrprism.spectral.band_table` of traits.
        features: The features that the data can show.
        unit: Unit of the trait.
    """
    lines = ["What moves the prediction most, up or down, on average over the samples shown:"]
    for _, rows in table.groupby("class", sort=True):
        wavelength, nm = rows["wavelength_nm"].to_numpy(np.float64), read_width(rows)
        size = rows["pooled_magnitude" if nm else "magnitude"].to_numpy(np.float64)
        share, whole = rows["share"].to_numpy(np.float64), float(rows["magnitude"].sum())
        words = []
        for peak in pick_peaks(size, wavelength, nm, MOST):
            inside = mark_box(wavelength, peak, nm)
            highest = float(wavelength[inside][np.argmax(share[inside])])
            causes = find_causes(share, wavelength, highest, features)
            lies_in = f", in {' and '.join(map(str, causes))}" if causes else ""
            place = name_place(wavelength[inside].min(), wavelength[inside].max())
            words.append(f"{place} {share[inside].sum() * whole:.3g} {unit}{lies_in}")
        lines.append(f"  {rows['class_name'].iloc[0]}: {'; '.join(words)}")
    return lines
