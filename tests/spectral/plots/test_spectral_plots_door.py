import ast
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

import lrprism.spectral.plots
from lrprism.spectral import plots, sample_spectra


def test_door_is_sorted_and_complete() -> None:
    assert lrprism.spectral.plots.__all__ == sorted(lrprism.spectral.plots.__all__)
    assert all(callable(getattr(lrprism.spectral.plots, name)) for name in lrprism.spectral.plots.__all__)


def test_pyplot_and_its_global_state_are_never_used() -> None:
    for path in Path(lrprism.spectral.plots.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert not any("pyplot" in alias.name for alias in node.names), path
            elif isinstance(node, ast.ImportFrom):
                assert "pyplot" not in f"{node.module} {[alias.name for alias in node.names]}", path


def test_every_figure_of_relevance_says_that_it_is_not_to_be_read(
    relevance: xr.Dataset,
    conservation: pd.DataFrame,
    words: Callable[[Figure], str],
    assert_readable: Callable[[Figure], None],
) -> None:
    summed = relevance["relevance"].isel(sample=0)
    classes = xr.DataArray(summed.isel(band=0).values.astype(int) * 0, dims=("y", "x"))

    def draw() -> list[Figure]:
        return [
            plots.class_spectra(relevance),
            plots.relevance_spectrum(sample_spectra(relevance), 0),
            plots.band_heatmaps(relevance.isel(sample=0)),
            plots.scene_relevance(summed.assign_attrs(relevance.attrs), classes),
        ]

    assert not any("do not read" in words(figure) for figure in draw())
    relevance.attrs["doubt"] = "the network predicts no better than chance"
    for figure in [*draw(), plots.layer_sums(conservation, doubt="network at chance level: do not read")]:
        assert "Network at chance level: do not read\n" in words(figure)
        assert_readable(figure)
