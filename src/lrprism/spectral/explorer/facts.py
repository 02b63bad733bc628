"""What an explorer says of a whole result: bands, features, words, verdicts, the account."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from lrprism.spectral.bands.pooling import joins_bands
from lrprism.spectral.bands.statistics import COMPARED_WITH, DOUBT, MAP_DOUBT, REGRESSION, RESOLUTION, TASK
from lrprism.spectral.explorer.encoding import round_numbers
from lrprism.spectral.plots.class_colours import class_colour
from lrprism.spectral.plots.wavelength_axis import find_cell_edges, list_visible
from lrprism.spectral.runs.stored_table import read_table

_TABLES: Final = {"classes": "classes.csv", "stretches": "stretches.csv", "layers": "conservation.csv"}


def describe_result(relevance: xr.Dataset, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was explained and how, in the words of the record.

    Args:
        relevance: The relevance dataset.
        record: The part of ``run.json`` about the explanation.
    """
    attrs = relevance.attrs
    return {
        "title": str(attrs.get("title", "")),
        "attribution": str(attrs.get("attribution", "")),
        "rule": str(record["settings"]["rule"]),
        "composite": str(attrs["composite"]),
        "comparedWith": str(attrs[COMPARED_WITH]),
        "isZeroReference": attrs["reference"] == "zero",
        "unit": str(record["unit"]),
        "inputUnit": str(attrs.get("units", "")),
        "quantity": str(attrs.get("quantity", "")),
        "isTrait": attrs[TASK] == REGRESSION,
        "doubt": str(attrs.get(DOUBT) or attrs.get(MAP_DOUBT) or ""),
        "verdict": [str(line) for line in record["verdict"]["lines"]],
        "words": [str(line) for line in record["words"]],
        "report": [str(line) for line in record["report"]],
        "assumed": [str(line) for line in attrs.get("assumed", ())],
        "account": {name: float(value) for name, value in record["conservation"].items()},
        "part": str(record["samples"]["part"]),
    }


def describe_bands(relevance: xr.Dataset) -> dict[str, Any]:
    """Return the bands, the stretches that they cover without a gap, and the width of the pooled map.

    Args:
        relevance: The relevance dataset.
    """
    wavelength = relevance["wavelength"].values.astype(np.float64)
    low, high = (np.zeros_like(wavelength) for _ in range(2))
    runs = []
    for bands, edges in find_cell_edges(wavelength):
        low[bands], high[bands] = edges[:-1], edges[1:]
        runs.append([float(edges.min()), float(edges.max())])
    nm = float(relevance.attrs.get(RESOLUTION, 0))
    return {
        "wavelength": round_numbers(wavelength, 7),
        "low": round_numbers(low, 7),
        "high": round_numbers(high, 7),
        "fwhm": round_numbers(relevance["fwhm"].values),
        "name": [str(name) for name in relevance["original_band"].values],
        "good": [bool(flag) for flag in relevance["good"].values] if "good" in relevance.coords else None,
        "runs": sorted(runs),
        "pooledNm": nm if joins_bands(wavelength, nm) else 0,
        "features": _list_features(relevance, float(wavelength.min()), float(wavelength.max())),
    }


def _list_features(relevance: xr.Dataset, low: float, high: float) -> list[dict[str, Any]]:
    return [
        {"name": item.name, "start": item.start_nm, "end": item.end_nm, "kind": item.kind}
        for item in list_visible(relevance)
        if item.start_nm <= high and item.end_nm >= low
    ]


def describe_outputs(relevance: xr.Dataset) -> list[dict[str, str]]:
    """Return name and colour of each class, or of each trait.

    Args:
        relevance: The relevance dataset.
    """
    names = [str(name) for name in relevance["class_name"].values]
    return [{"name": name, "colour": class_colour(index)} for index, name in enumerate(names)]


def read_tables(folder: Path) -> dict[str, Any]:
    """Read the tables of the report and of the layers, where a result has them.

    Args:
        folder: The folder of the results.

    Returns:
        By name ``columns`` and ``rows``; None for a missing table.
    """
    return {name: _read_table(folder / file) for name, file in _TABLES.items()}


def _read_table(file: Path) -> dict[str, Any] | None:
    if not file.is_file():
        return None
    table = read_table(file)
    # pandas writes a missing number as null, which json.dumps does not
    rows = json.loads(table.to_json(orient="values", double_precision=6))
    return {"columns": list(table.columns), "rows": rows}
