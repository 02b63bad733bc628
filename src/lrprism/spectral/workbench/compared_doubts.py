"""What speaks against a comparison: doubts about the maps that it is of, and classes that are mixed up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import xarray as xr

from lrprism.spectral.bands.statistics import DOUBT, MAP_DOUBT
from lrprism.spectral.plots.contract import name_doubt
from lrprism.spectral.report.mistakes import find_mixed_pairs, name_mixed


@dataclass(frozen=True)
class ComparedMaps:
    """The maps of a result that are compared.

    Args:
        name: What the result is called; empty where there is one alone.
        explanation: The part of its ``run.json`` about the explanation.
        spectra: The :func:`lrprism.spectral.sample_spectra` of all its samples.
        classes: Numbers of the classes that are compared; none where all are.
    """

    name: str
    explanation: Mapping[str, Any]
    spectra: xr.Dataset
    classes: tuple[int, ...] = ()

    @property
    def doubt(self) -> str:
        """Why no map of the result is to be read; empty where they are."""
        attrs = self.spectra.attrs
        return self._verdict.get("doubt") or attrs.get(DOUBT) or attrs.get(MAP_DOUBT) or ""

    @property
    def mixed(self) -> list[tuple[int, int]]:
        """Classes that the network does not tell from each other: both compared, or one where one is."""
        pairs = find_mixed_pairs(self.spectra)
        if len(self.classes) > 1:
            return [pair for pair in pairs if set(pair) <= {*self.classes}]
        return [pair for pair in pairs if {*pair} & {*self.classes}]

    @property
    def cares(self) -> list[str]:
        """What the verdict has a reader be careful about, also classes that are mixed up with others."""
        return [*self._verdict.get("cares", ())]

    def _name_mixed(self, pairs: list[tuple[int, int]]) -> str:
        """Return "does not tell rye from oats, or hay from oats"."""
        named = [" from ".join(name_mixed([number], self.spectra) for number in pair) for pair in pairs]
        return f"does not tell {', or '.join(named)}"

    @property
    def _verdict(self) -> Mapping[str, Any]:
        return self.explanation.get("verdict") or {}

    def describe(self) -> list[str]:
        """Say whether the comparison is to be read: a line, or none."""
        start = f"{self.name}: " if self.name else ""
        if self.doubt:
            return [f"Do not read this comparison: {start}{self.doubt}."]
        if self.mixed:
            return [f"Do not read this comparison: {start}the network {self._name_mixed(self.mixed)}."]
        return [f"Read this comparison with care: {start}{'; '.join(self.cares)}."] if self.cares else []

    def head(self) -> str:
        """Return the same in the few words of a heading."""
        mixed = "classes that the network mixes up: do not read" if self.mixed else ""
        return name_doubt(self.spectra) or mixed or ("read with care" if self.cares else "")


def name_worst(maps: list[ComparedMaps]) -> str:
    """Return what the heading of the figure says against some maps; the gravest of them.

    Args:
        maps: Those that are compared.
    """
    heads = [head for head in (each.head() for each in maps) if head]
    return max(heads, key=lambda head: "do not read" in head, default="")
