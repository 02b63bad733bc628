"""Results of lrprism explain, made of numbers drawn at random, and a reader of the numbers in a page."""

import base64
import json
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from lrprism.spectral import make_cube
from lrprism.spectral.explorer.page import build_page, collect_content
from lrprism.spectral.explorer.scene import ExplainedScene, describe_scene

BANDS, HEIGHT, WIDTH, CLASSES, SAMPLES, SIDE = 12, 9, 11, 3, 24, 4
# a gap between 550 and 900 nm, and bands in no order
WAVELENGTHS = np.array([450.0, 470, 460, 480, 500, 520, 540, 550, 900, 920, 940, 960])
NAMES = ["maize", "</script><b>soy", "oats & rye"]
RECORD = {
    "settings": {"rule": "epsilon"},
    "unit": "logit",
    "verdict": {"lines": ["The maps can be believed."]},
    "words": ["Explained by epsilon against zero: the default."],
    "report": ["Note: nothing."],
    "conservation": {
        "explained": 2.0,
        "at_input": 1.5,
        "to_bias": 0.5,
        "to_stabilizer": 0.0,
        "to_rule": 0.0,
        "to_constant": 0.0,
        "to_unknown": 0.0,
        "unaccounted": 0.0,
    },
    "samples": {"part": "test", "numbers": list(range(100, 100 + SAMPLES))},
}


def make_scene(seed: int = 0) -> tuple[xr.Dataset, ExplainedScene]:
    """Relevance of every pixel of a scene whose border has no window, and the scene."""
    random = np.random.default_rng(seed)
    pixels = HEIGHT * WIDTH
    inside = np.zeros((HEIGHT, WIDTH), dtype=bool)
    inside[1:-1, 1:-1] = True
    relevance = random.normal(size=(pixels, BANDS)).astype(np.float32) ** 3
    relevance[~inside.ravel()] = np.nan
    predicted = np.where(inside.ravel(), random.integers(0, CLASSES, pixels), -1)
    cube = make_cube(
        random.uniform(0.1, 1, (BANDS, HEIGHT, WIDTH)),
        WAVELENGTHS,
        title="made up",
        quantity="reflectance",
        units="1",
    )
    labels = random.integers(-1, CLASSES, (HEIGHT, WIDTH))
    dataset = _add_facts(xr.Dataset({"relevance": (("sample", "band"), relevance)}), predicted, random)
    dataset["explained"] = dataset["explained"].where(xr.DataArray(inside.ravel(), dims="sample"))
    return dataset, ExplainedScene(cube, labels)


def write_small_page(folder: Path, pixels: int) -> tuple[str, xr.Dataset]:
    """A page of a scene that has room for some of its pixels alone; return it, and the Zarr beside it."""
    relevance, scene = make_scene()
    write_tables(folder)
    relevance.to_zarr(folder / "relevance.zarr", zarr_format=2)
    stored = xr.open_zarr(folder / "relevance.zarr", zarr_format=2)
    content = collect_content(folder, stored, RECORD, scene)
    page = build_page({**content, **describe_scene(stored, scene, 4e6, most=pixels * BANDS)})
    (folder / "explorer.html").write_text(page, encoding="utf-8")
    (folder / "run.json").write_text("{}")
    return page, stored


def make_samples(seed: int = 0) -> xr.Dataset:
    """Relevance of patches."""
    random = np.random.default_rng(seed)
    shape = (SAMPLES, BANDS, SIDE, SIDE)
    predicted = random.integers(0, CLASSES, SAMPLES)
    dataset = xr.Dataset(
        {
            "relevance": (("sample", "band", "y", "x"), random.normal(size=shape).astype(np.float32) ** 3),
            "patch": (("sample", "band", "y", "x"), random.uniform(size=shape).astype(np.float32)),
            "label": ("sample", random.integers(0, CLASSES, SAMPLES)),
        }
    )
    return _add_facts(dataset, predicted, random)


def _add_facts(dataset: xr.Dataset, predicted: Any, random: np.random.Generator) -> xr.Dataset:
    dataset["predicted"] = dataset["target"] = ("sample", predicted)
    output = random.normal(size=(len(predicted), CLASSES)).astype(np.float32)
    dataset["output"] = (("sample", "class"), output)
    dataset["explained"] = ("sample", random.normal(size=len(predicted)))
    dataset["relevance"].attrs["units"] = "logit"
    dataset = dataset.assign_coords(
        class_name=("class", NAMES),
        band=np.arange(BANDS),
        wavelength=("band", WAVELENGTHS),
        fwhm=("band", np.full(BANDS, 10.0)),
        original_band=("band", np.arange(BANDS).astype(str)),
        good=("band", np.arange(BANDS) != 4),
    )
    return dataset.assign_attrs(
        title="made <up>",
        attribution="nobody",
        quantity="reflectance",
        units="1",
        task="classification",
        class_names=NAMES,
        composite="Epsilon(eps=1e-06)",
        reference="zero",
        compared_with="an input of zero",
        resolution_nm=25.0,
    )


def write_tables(folder: Path) -> None:
    """The tables of the report and of the layers."""
    pd.DataFrame({"class": [0], "class_name": ["maize"], "shown": [8], "right": [3], "reasons": [""]}).to_csv(
        folder / "classes.csv", index=False
    )
    stretch = {"class": 0, "class_name": "maize", "start_nm": 455.0, "end_nm": 485.0, "peak_nm": 470.0}
    amounts = {"relevance": 1.2, "low": 0.8, "high": 1.6, "share": 0.4, "lies_in": ""}
    pd.DataFrame([stretch | amounts]).to_csv(folder / "stretches.csv", index=False)
    layer = {"call": 0, "module": "0", "op": "linear", "rule": "Epsilon", "relevance_out": 2.0}
    sinks = {"relevance_in": 1.5, "to_bias": 0.5, "to_stabilizer": 0.0, "to_constant": 0.0}
    pd.DataFrame([layer | sinks]).to_csv(folder / "conservation.csv", index=False)


def read_content(page: str) -> dict[str, Any]:
    """The JSON in a page."""
    block = re.search(r'<script type="application/json" id="content">(.*?)</script>', page, re.DOTALL)
    assert block is not None
    content: dict[str, Any] = json.loads(block.group(1))
    return content


def unpack(text: str, dtype: str) -> np.ndarray[Any, np.dtype[Any]]:
    """The numbers in a text of base64."""
    return np.frombuffer(zlib.decompress(base64.b64decode(text), -15), dtype=dtype)


def decode(coded: dict[str, Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The rows that a page holds as integers, by the formula, one column after the other."""
    rows, columns = coded["shape"]
    codes = unpack(coded["codes"], f"<i{coded['bytes']}").reshape(columns, rows).astype(np.int64)
    if coded["byDifference"]:
        codes = np.cumsum(codes, axis=0)
        codes = (codes + 128) % 256 - 128  # one byte each
    share = np.sign(codes) * (np.abs(codes) / coded["levels"]) ** coded["power"]
    result: np.ndarray[Any, np.dtype[np.float64]] = (share * unpack(coded["scale"], "<f4")).T
    return result
