"""The page of an explanation, and where a browser finds it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from lrprism.errors import ResultsError
from lrprism.spectral.bands.statistics import REGRESSION, TASK
from lrprism.spectral.explorer.page import EXPLORER, write_explorer
from lrprism.spectral.explorer.scene import ExplainedScene
from lrprism.spectral.explorer.served import ServedScene
from lrprism.spectral.runs import read_run
from lrprism.spectral.workbench.every_pixel import PixelExplainer
from lrprism.spectral.workbench.patch_explainer import SampleExplainer
from lrprism.spectral.workbench.relevance_store import open_relevance


def explore_into(
    folder: Path, explainer: SampleExplainer, relevance: xr.Dataset, record: Mapping[str, Any]
) -> None:
    """Write ``explorer.html`` beside the tables of an explanation.

    Args:
        folder: The folder of the results.
        explainer: What explained the samples.
        relevance: The relevance dataset.
        record: The part of ``run.json`` about the explanation.
    """
    scene = None
    if isinstance(explainer, PixelExplainer):
        labels = explainer.scene.labels.values.astype(np.int64) - 1
        # of a trait the labels are ranges of its values
        if relevance.attrs[TASK] == REGRESSION:
            labels = np.full_like(labels, -1)
        scene = ExplainedScene(explainer.scene.cube, labels)
    write_explorer(folder, relevance, record, scene)


def open_served_scene(results: Path) -> ServedScene:
    """Open the scene of some results for a page that asks for its numbers.

    Args:
        results: The folder of the results, or the page itself.

    Raises:
        DataError: If the folder holds no run.
        ResultsError: If there is no page, or it is not that of every pixel of a scene.
    """
    page = find_explorer(results)
    relevance = open_relevance(page.parent)
    return ServedScene(page.read_text(encoding="utf-8"), relevance)


def find_explorer(results: Path) -> Path:
    """Return the page of some results.

    Args:
        results: The folder of the results, or the page itself.

    Raises:
        DataError: If the folder holds no run.
        ResultsError: If there is no page.
    """
    if results.is_file() and results.suffix == Path(EXPLORER).suffix:
        return results
    read_run(results)
    page = results / EXPLORER
    if not page.is_file():
        raise ResultsError(
            f"results to view should hold {EXPLORER}. Found none in '{results}'. Explain again with "
            "lrprism explain, which writes it."
        )
    return page
