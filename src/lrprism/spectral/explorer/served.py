"""A scene of any size for a page that asks for its numbers: every pixel, read from the Zarr of a result."""

import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import ResultsError
from lrprism.spectral.bands.statistics import REGRESSION, TASK
from lrprism.spectral.explorer.encoding import pack, pack_columns, unpack
from lrprism.spectral.explorer.items import read_facts
from lrprism.spectral.explorer.page import build_page, read_content

_PIECE: Final = 2**22  # values that are copied at a time, 16 MiB
_ADDRESS: Final = re.compile(r"/(row|sum)/([0-9]{1,9}(?:,[0-9]{1,9})*)")

Floats = npt.NDArray[np.float32]


@dataclass(eq=False)
class ServedScene:
    r"""The page of a scene of which every pixel is explained, and the numbers that it asks for.

    The page is that of ``explorer.html``, with every pixel in place of those that it has room for. Means,
    clusters, true classes and the data stay those of its pixels; results hold no data of the others.
    Relevance :math:`R_{ib}` of pixel i in band b is exact: the spectrum of a pixel, and the map

    .. math:: \sum_{b \in B} R_{ib}

    Relevance is copied band by band into a temporary file, because Zarr keeps it pixel by pixel and would
    be read whole for each map. Use it as a context: the file is deleted at the end.

    Args:
        page: The text of ``explorer.html``.
        relevance: The relevance dataset of every pixel, row by row.

    Raises:
        ResultsError: If the page is not that of such a scene.
    """

    page: str
    relevance: xr.Dataset

    def __post_init__(self) -> None:
        """Read the content of the page.

        Raises:
            ResultsError: If it is not that of a scene, or not of this relevance.
        """
        self._content = read_content(self.page)
        pixels = (
            self._content["picture"]["height"] * self._content["picture"]["width"] if self._is_scene else 0
        )
        if pixels != self.relevance.sizes["sample"]:
            raise ResultsError(
                "results to serve should be those of every pixel of a scene, whose page and Zarr go "
                f"together. Found a page of {pixels} pixels and relevance of "
                f"{self.relevance.sizes['sample']} samples. Open the page without --serve, or explain again "
                "with --every-pixel."
            )
        # a pixel without a window has no relevance
        self._pixels = np.flatnonzero(np.isfinite(self.relevance["explained"].values))

    def __enter__(self) -> Self:
        """Copy relevance band by band into a temporary file, and build the page."""
        self._folder = TemporaryDirectory(prefix="lrprism-")
        shape = (self.relevance.sizes["band"], len(self._pixels))
        place = Path(self._folder.name) / "relevance"
        self._maps = np.memmap(place, dtype=np.float32, mode="w+", shape=shape)
        self._sums = np.zeros((2, len(self._pixels)), dtype=np.float64)
        pixels = max(1, _PIECE // shape[0])
        for start in range(0, len(self._pixels), pixels):
            piece = slice(start, start + pixels)
            values = self._read_spectra(self._pixels[piece])
            self._maps[:, piece] = values.T
            double = values.astype(np.float64)
            self._sums[:, piece] = double.clip(min=0).sum(axis=1), double.clip(max=0).sum(axis=1)
        # built once: a scene of a million pixels takes seconds
        self._page = build_page(self.describe(), is_served=True).encode()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Delete the file."""
        del self._maps
        self._folder.cleanup()

    @property
    def _is_scene(self) -> bool:
        return bool(self._content["kind"] == "scene")

    def _read_spectra(self, pixels: npt.NDArray[np.int64]) -> Floats:
        return self.relevance["relevance"].isel(sample=pixels).values.astype(np.float32)

    def answer(self, address: str) -> tuple[str, bytes] | None:
        """Return what stands at an address: its type and its bytes; None for an address of nothing.

        ``/`` is the page, ``/row/7`` the relevance of the seventh pixel in each band, ``/sum/3,4`` that of
        each pixel, summed over bands 3 and 4; numbers are float32, lowest byte first.

        Args:
            address: The path of a request.
        """
        if address == "/":
            return "text/html; charset=utf-8", self._page
        match = _ADDRESS.fullmatch(address)
        if match is None:
            return None
        numbers = [int(word) for word in match[2].split(",")]
        bands, pixels = self._maps.shape
        is_row = match[1] == "row"
        if max(numbers) >= (pixels if is_row else bands) or (is_row and len(numbers) > 1):
            return None
        values = self._maps[:, numbers[0]] if is_row else self._sum_bands(numbers)
        return "application/octet-stream", values.astype("<f4").tobytes()

    def _sum_bands(self, bands: list[int]) -> npt.NDArray[np.float64]:
        # band after band: all of them together may be larger than memory
        total = np.zeros(len(self._pixels), dtype=np.float64)
        for band in bands:
            total += self._maps[band]
        return total

    def describe(self) -> dict[str, Any]:
        """Return the content of the page, with every pixel in it and without the relevance."""
        content, groups = self._content, self._content["groups"]
        shown = np.cumsum(unpack(content["items"]["step"], "<i4").astype(np.int64))
        # the places of the pixels of the page among all of them
        places = np.searchsorted(self._pixels, shown)
        label, cluster, row = (np.full(len(self._pixels), -1, dtype=np.int64) for _ in range(3))
        label[places] = unpack(content["items"]["label"], "<i4")
        cluster[places] = unpack(groups["cluster"], "<i4")
        row[places] = np.arange(len(places))
        count = len(self._pixels)
        return {
            **content,
            "counts": {"shown": count, "total": count, "which": "every pixel"},
            "meansOf": content["counts"]["which"],
            "items": pack_columns(self._list_columns(label)),
            "groups": {**groups, "cluster": pack(cluster.astype(np.int32))},
            "relevance": {"served": True, "shape": [count, self.relevance.sizes["band"]], "error": 0},
            "input": {**content["input"], "place": pack(row.astype(np.int32))},
        }

    def _list_columns(self, label: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[Any]]:
        some = self.relevance.drop_vars("relevance").isel(sample=self._pixels).load()
        facts = read_facts(some, label)
        columns: dict[str, npt.NDArray[Any]] = {
            "target": facts.target,
            "label": facts.label,
            "predicted": facts.predicted,
            "output": facts.output,
            "explained": facts.explained,
            "positive": self._sums[0],
            "negative": self._sums[1],
            "step": np.diff(self._pixels, prepend=0),
        }
        if self.relevance.attrs[TASK] == REGRESSION:
            columns["value"] = some["predicted"].values
        return columns
