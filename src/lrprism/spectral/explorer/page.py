"""One file with a whole result, its data and the program that shows it."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any, Final

import numpy as np
import xarray as xr

from lrprism.errors import ResultsError
from lrprism.spectral.explorer.facts import describe_bands, describe_outputs, describe_result, read_tables
from lrprism.spectral.explorer.samples import describe_samples
from lrprism.spectral.explorer.scene import ExplainedScene, describe_scene
from lrprism.spectral.files import write_whole

EXPLORER: Final = "explorer.html"
_ROOM: Final = 4_720_000
"""Characters of the numbers; with the program the file stays below 5 MB where the coarsest integers do."""
_CONTENT: Final = re.compile(r'<script type="application/json" id="content">(.*?)</script>', re.DOTALL)
_ASSETS: Final = files("lrprism.spectral.explorer") / "assets"


def write_explorer(
    folder: Path, relevance: xr.Dataset, record: Mapping[str, Any], scene: ExplainedScene | None = None
) -> None:
    """Write ``explorer.html``, which shows a result in a browser and asks for no other file.

    Args:
        folder: The folder of the results, with its tables.
        relevance: The relevance dataset.
        record: The part of ``run.json`` about the explanation.
        scene: The scene, where every pixel is explained; None of samples.

    Raises:
        ResultsError: If it cannot be written.
    """
    content = collect_content(folder, relevance, record, scene)
    with write_whole(folder / EXPLORER) as partial:
        partial.write_text(build_page(content), encoding="utf-8")


def collect_content(
    folder: Path, relevance: xr.Dataset, record: Mapping[str, Any], scene: ExplainedScene | None = None
) -> dict[str, Any]:
    """Return all that a page shows, as plain JSON.

    Args:
        folder: The folder of the results, with its tables.
        relevance: The relevance dataset.
        record: The part of ``run.json`` about the explanation.
        scene: The scene, where every pixel is explained; None of samples.
    """
    if scene is None:
        numbers = np.asarray(record["samples"]["numbers"], dtype=np.int64)
        items = describe_samples(relevance, numbers, _ROOM)
    else:
        items = describe_scene(relevance, scene, _ROOM)
    return {
        "result": describe_result(relevance, record),
        "bands": describe_bands(relevance),
        "outputs": describe_outputs(relevance),
        "tables": read_tables(folder),
        **items,
    }


def build_page(content: Mapping[str, Any], *, is_served: bool = False) -> str:
    """Return the page: its style and programs are named by their hashes, and nothing else may run or load.

    Args:
        content: From :func:`collect_content`.
        is_served: Whether the page may ask the server that it came from for numbers.
    """
    style = _read("uPlot.min.css") + _read("explorer.css")
    chart, program = _read("uPlot.iife.min.js"), _read("explorer.js")
    title = str(content["result"]["title"]) or "Explanation"
    return Template(_read("page.html")).substitute(
        title=_escape(title),
        policy=_state_policy([chart, program], style) + ("; connect-src 'self'" if is_served else ""),
        style=style,
        chart=chart,
        program=program,
        content=write_json_block(content),
    )


def read_content(page: str) -> dict[str, Any]:
    """Return the content of a page.

    Args:
        page: A page of :func:`build_page`.

    Raises:
        ResultsError: If there is none in it.
    """
    block = _CONTENT.search(page)
    if block is None:
        raise ResultsError(
            f"{EXPLORER} should be a page of lrprism explain. Found one without content. Explain again."
        )
    content: dict[str, Any] = json.loads(block[1])
    return content


def write_json_block(content: Mapping[str, Any]) -> str:
    """Return JSON that may stand in a page: no text of the data can end the block that holds it.

    Args:
        content: Plain JSON.
    """
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _state_policy(scripts: list[str], style: str) -> str:
    """Return a content security policy under which the page can ask for nothing."""
    hashes = " ".join(_hash(script) for script in scripts)
    return f"default-src 'none'; script-src {hashes}; style-src {_hash(style)}; img-src data: blob:"


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
    return f"'sha256-{digest}'"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _read(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")
