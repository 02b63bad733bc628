"""What speaks against a comparison: doubts about the maps that it is of, and classes that are mixed up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import xarray as xr

from lrprism.spectral.bands.statistics import DOUBT, MAP_DOUBT
from lrprism.spectral.plots.contract import name_doubt
from lrprism.spectral.report.mistakes import find_mixed, name_mixed


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
    def mixed(self) -> list[int]:
        """The classes that were asked for and that the network does not tell from another one."""
        return [number for number in find_mixed(self.spectra) if number in self.classes]

    @property
    def cares(self) -> list[str]:
        """What the verdict has a reader be careful about."""
        return [*self._verdict.get("cares", ())]

    @property
    def _verdict(self) -> Mapping[str, Any]:
        return self.explanation.get("verdict") or {}

    def describe(self) -> list[str]:
        """Say whether the comparison is to be read: a line, or none."""
        start = f"{self.name}: " if self.name else ""
        if self.doubt:
            return [f"Do not read this comparison: {start}{self.doubt}."]
        if self.mixed:
            names = name_mixed(self.mixed, self.spectra)
            return [f"Do not read this comparison: {start}the network mixes up {names} with each other or "
                    "another class."]  # fmt: skip
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
