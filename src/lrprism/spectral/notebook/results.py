"""A folder that a step wrote, read back."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr
from torch import nn

from lrprism.display import draw_table, fold, frame
from lrprism.errors import DataError
from lrprism.spectral.notebook.widget import build_widget
from lrprism.spectral.runs import read_run
from lrprism.spectral.runs.stored_table import read_table
from lrprism.spectral.workbench.explore import find_explorer
from lrprism.spectral.workbench.trained_network import TrainedNetwork

_RELEVANCE, _MAP = "relevance.zarr", "relevance_map.nc"
_MOST_ROWS = 60
"""The most rows of a table that a cell shows."""


@dataclass(frozen=True)
class Results:
    """The results of a training or an explanation, on disk; in a cell of a notebook their words and figures.

    Args:
        folder: The folder.
        record: Its ``run.json``: versions, ``training`` and, of an explanation, ``explanation``.
    """

    folder: Path
    record: dict[str, Any]

    def __repr__(self) -> str:
        """The folder and what it holds."""
        return f"<Results in {self.folder}: {', '.join([*self.tables, *self._arrays])}>"

    @property
    def tables(self) -> list[str]:
        """Names of the tables, for :meth:`table`."""
        return sorted(path.stem for path in self.folder.glob("*.csv"))

    @property
    def words(self) -> list[str]:
        """What may be said: rule and reference, and what tells the classes apart; none of a training."""
        explanation = self.record.get("explanation", {})
        return [*explanation.get("words", []), *explanation.get("report", [])]

    @property
    def figures(self) -> list[Path]:
        """The figures as PNG."""
        return sorted((self.folder / "figures").glob("*.png"))

    def table(self, name: str) -> pd.DataFrame:
        """Read a table.

        Args:
            name: One of :attr:`tables`, such as ``"bands"`` or ``"classes"``.

        Raises:
            DataError: If there is none of that name.
        """
        if name not in self.tables:
            names = ", ".join(self.tables) or "(none)"
            raise DataError(
                f"table should be one of {names}. Found {name!r} for {self.folder}. Take one of them."
            )
        return read_table(self.folder / f"{name}.csv")

    def relevance(self) -> xr.Dataset:
        """Open relevance and patches, or of every pixel the map; values are read when they are needed.

        Raises:
            DataError: If there is none, as of a training.
        """
        if (self.folder / _RELEVANCE).is_dir():
            stored: xr.Dataset = xr.open_zarr(self.folder / _RELEVANCE)
            return stored
        if (self.folder / _MAP).is_file():
            return xr.open_dataset(self.folder / _MAP, engine="h5netcdf")
        names = ", ".join(sorted(os.listdir(self.folder)))
        raise DataError(
            f"relevance should lie in the results of an explanation. Found {names} in {self.folder}. "
            "Explain the network first: lrprism.spectral.explain(run, out)."
        )

    def explore(self) -> Any:
        """Return the explorer of an explanation as a widget for the cell of a notebook.

        Its trait ``address`` says what the reader has chosen, and can be set; see
        :func:`~lrprism.spectral.notebook.widget.build_widget`.

        Raises:
            InputError: If anywidget, which the extra ``notebook`` brings, is missing.
            ResultsError: If there is no page, as of a training.
        """
        return build_widget(find_explorer(self.folder))

    def network(self, model: str | None = None) -> nn.Module:
        """Load the network of a training, in evaluation mode, with its preprocessing in front.

        It takes patches ``[N, band, y, x]`` of the bands that it was trained on.

        Args:
            model: A network of the user's own that may be imported, ``"package.module:factory"``.

        Raises:
            DataError: If the folder holds no weights, as that of an explanation.
            InputError: If the network is one of the user's own that was not named.
            ModelError: If the weights are those of another network.
        """
        return TrainedNetwork.load(self.folder, model).model

    @property
    def _arrays(self) -> list[str]:
        return [name for name in (_RELEVANCE, _MAP) if (self.folder / name).exists()]

    def _repr_html_(self) -> str:
        """What may be said in words, the tables and the figures."""
        sentences = draw_table(("in words",), [(line,) for line in self.words]) if self.words else ""
        tables = [fold(f"{name}.csv", _draw_frame(self.table(name))) for name in self.tables]
        figures = [fold(path.name, _embed(path)) for path in self.figures]
        return frame(str(self.folder), sentences, *tables, *figures)


def read_results(folder: str | os.PathLike[str]) -> Results:
    """Read a folder that ``train``, ``explain`` or one of the commands wrote.

    Args:
        folder: The folder.

    Raises:
        DataError: If it holds no ``run.json``.
    """
    path = Path(folder).expanduser()
    return Results(path, read_run(path))


def _draw_frame(table: pd.DataFrame) -> str:
    """Draw the first rows, numbers with six digits."""
    shown = table.head(_MOST_ROWS)
    lines = [
        ["" if pd.isna(cell) else f"{cell:.6g}" if isinstance(cell, float) else str(cell) for cell in row]
        for row in shown.itertuples(index=False)
    ]
    note = f"The first {len(shown)} of {len(table)} rows." if len(shown) < len(table) else ""
    return draw_table([*map(str, table.columns)], lines, note)


def _embed(path: Path) -> str:
    data = base64.b64encode(path.read_bytes()).decode()
    return f'<img alt="" style="max-width:100%;background:white" src="data:image/png;base64,{data}">'
