"""Shares of bands and of groups of exchangeable bands over several networks, class by class."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from lrprism.spectral.bands.consensus import (
    group_shares,
    judge_uses,
    measure_sampling,
    signed_shares,
    summarize_shares,
)
from lrprism.spectral.cubes.patches import PatchSet
from lrprism.spectral.report.confusion import FEWEST

SHARES: Final = "shares.csv"
"""The file with the table of :func:`tabulate_bands`."""
_HALF: Final = 0.5


@dataclass(frozen=True, eq=False)
class ClassShares:
    """What the good networks make of the test samples of one class.

    Args:
        number: The class, from 0.
        name: Its name.
        relevance: Relevance of its samples for it, ``[training, sample, band]`` in logits.
        right: Whether each network gets each sample right, ``[training, sample]``.
        plants: The plant, polygon or square of each sample; None where that is not known.
        redrawn: Whether each training drew its training samples again.
        twin: The clause of :func:`lrprism.spectral.workbench.network_twins.find_network_twins`.
    """

    number: int
    name: str
    relevance: npt.NDArray[np.float64]
    right: npt.NDArray[np.bool_]
    plants: npt.NDArray[np.generic] | None
    redrawn: bool = False
    twin: str | None = None

    @property
    def shown(self) -> int:
        """Number of its samples."""
        return int(self.relevance.shape[1])

    @property
    def signed(self) -> npt.NDArray[np.float64]:
        """Signed shares of the mean relevance, ``[training, band]``."""
        return signed_shares(self.relevance.mean(axis=1))

    @property
    def reason(self) -> str | None:
        """Why its bands are not to be read; None where they are."""
        if not self.shown:
            return "no sample of it is in the test part"
        if self.shown < FEWEST:
            return f"{self.shown} sample{'s are' if self.shown > 1 else ' is'} too few for a mean"
        if np.median(self.right.mean(axis=1)) < _HALF:
            return "most networks get most of these samples wrong"
        return self.twin

    def sampling(self, groups: npt.NDArray[np.int64] | None = None) -> npt.NDArray[np.float64] | None:
        """Return standard errors over other samples; None where there is nothing to draw.

        Args:
            groups: Groups of bands; None for each band.
        """
        errors = measure_sampling(self.relevance, self.plants, groups)
        return errors if np.isfinite(errors).all() else None


def tabulate_bands(
    classes: Sequence[ClassShares], groups: npt.NDArray[np.int64], patch: PatchSet
) -> pd.DataFrame:
    """List the share of each band in the relevance for each class that has test samples.

    Args:
        classes: The relevance of each class.
        groups: The group of exchangeable bands of each band.
        patch: A patch, for the bands.

    Returns:
        A row per class and band: class, class_name, band, original_band, wavelength_nm, group, the columns of
        :func:`lrprism.spectral.bands.summarize_shares`, and reason, why the class is not to be read.
    """
    tables = []
    for entry in classes:
        if entry.shown:
            table = summarize_shares(np.abs(entry.signed), entry.sampling(), redrawn=entry.redrawn)
            facts = {
                "class": entry.number,
                "class_name": entry.name,
                "band": np.arange(len(table)),
                "original_band": patch["original_band"].values.astype(str),
                "wavelength_nm": patch["wavelength"].values,
                "group": groups,
            }
            tables.append(pd.concat([pd.DataFrame(facts), table], axis=1).assign(reason=entry.reason or ""))
    return pd.concat(tables, ignore_index=True)


def tabulate_groups(
    classes: Sequence[ClassShares], groups: npt.NDArray[np.int64], patch: PatchSet
) -> pd.DataFrame:
    """List the share of each group of exchangeable bands, and how many networks use it, for each class.

    Args:
        classes: The relevance of each class.
        groups: The group of each band.
        patch: A patch, for the bands.

    Returns:
        A row per class and group: class, class_name, group, bands and wavelength_nm, by commas, size, the
        columns of :func:`lrprism.spectral.bands.summarize_shares`, against (True where the mean relevance of
        its bands speaks against the class), fair, use, users, instead (a group, -1 for none), instead_nm, and
        reason.
    """
    nm = patch["wavelength"].values
    members = [np.flatnonzero(groups == group) for group in range(int(groups.max()) + 1)]
    names = [name_stretches(nm, bands) for bands in members]
    sizes = np.array([len(bands) for bands in members])
    tables = []
    for entry in classes:
        if not entry.shown:
            continue
        shares, fair = group_shares(entry.signed, groups), sizes / len(groups)
        uses = judge_uses(shares, fair)
        if entry.reason is not None:
            uses = uses.assign(use="", instead=-1)
        table = pd.DataFrame({"class": entry.number, "class_name": entry.name, "group": range(len(sizes))})
        table["bands"] = [",".join(map(str, bands)) for bands in members]
        table["wavelength_nm"], table["size"] = names, sizes
        table["against"] = [entry.signed[:, bands].sum(axis=1).mean() < 0 for bands in members]
        table = pd.concat(
            [table, summarize_shares(shares, entry.sampling(groups), redrawn=entry.redrawn)], axis=1
        )
        table = pd.concat([table.assign(fair=fair), uses], axis=1)
        table["instead_nm"] = [names[group] if group >= 0 else "" for group in uses["instead"]]
        tables.append(table.assign(reason=entry.reason or ""))
    return pd.concat(tables, ignore_index=True)


def name_stretches(wavelength: npt.NDArray[np.float64], bands: npt.NDArray[np.intp]) -> str:
    """Return the wavelengths of some bands in nm; neighbours as first and last.

    Args:
        wavelength: Wavelength of each band of the data in nm.
        bands: The bands.
    """
    order = np.argsort(wavelength, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    places = np.sort(place[bands])
    runs = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
    words = []
    for run in runs:
        first, last = (f"{wavelength[order[end]]:.1f}" for end in (run[0], run[-1]))
        words.append(first if first == last else f"{first}-{last}")
    return ", ".join(words)
