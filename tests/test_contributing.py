"""What the contributor's papers say is true."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import lrprism
from lrprism.errors import DataError
from lrprism.spectral.io import read_cube
from lrprism.spectral.io import registry as formats
from lrprism.spectral.networks import registry as networks
from lrprism.spectral.preprocessing import registry as steps
from test_layering import ENGINE, SPECTRAL

ROOT = Path(__file__).parents[1]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", CONTRIBUTING, flags=re.MULTILINE | re.DOTALL)


HEADINGS = [
    CONTRIBUTING[: CONTRIBUTING.index(block)].rsplit("\n## ", 1)[1].split("\n")[0] for block in BLOCKS
]


def line_of(block: str) -> int:
    return CONTRIBUTING[: CONTRIBUTING.index(block)].count("\n")


def run_example(heading: str) -> dict[str, Any]:
    block = BLOCKS[HEADINGS.index(heading)]
    padded = "\n" * line_of(block) + block  # so that a failure names the line of the document
    names: dict[str, Any] = {"__name__": "contributing"}
    exec(compile(padded, "CONTRIBUTING.md", "exec"), names)
    return names


def registry_line(heading: str) -> str:
    section = CONTRIBUTING.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"`((?:StepEntry|NetworkEntry)\(.*?\))`", section)[0]


def test_each_addition_has_an_example() -> None:
    additions = ["a rule", "an op", "a reader", "a preprocessing step", "a network"]
    assert [f"Add {addition}" for addition in additions] == HEADINGS


@pytest.mark.parametrize("heading", ["Add a rule", "Add an op"])
def test_the_examples_of_the_engine_hold_their_own_checks(heading: str) -> None:
    run_example(heading)


def test_the_reader_is_found_through_its_line_in_the_registry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "FORMATS", (*formats.FORMATS, run_example("Add a reader")["TEXT"]))
    path = tmp_path / "leaf.cube"
    path.write_text("#cube 1 2\n500 600 700\n1 2 3\n4 5 6\n", encoding="utf-8")
    cube = read_cube(path)
    assert cube.values.tolist() == [[[1, 4]], [[2, 5]], [[3, 6]]]
    assert cube.wavelength.values.tolist() == [500, 600, 700]
    assert "text cube (.cube)" in formats.describe_formats()
    path.write_text("#cube 1 2\n500 600 700\n1 2 3\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"leaf\.cube' should be a text cube\. Found: cannot reshape"):
        read_cube(path)


def test_the_step_is_built_and_explained_through_its_line_in_the_registry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = run_example("Add a preprocessing step")
    entry = eval(registry_line("Add a preprocessing step"), {**names, "StepEntry": steps.StepEntry})
    monkeypatch.setitem(steps.STEPS, entry.name, entry)
    (layer,) = steps.build_steps(steps.parse_steps("absorbance"), np.array([500.0, 600.0]))
    x = torch.tensor([[0.1, 0.01]])
    torch.testing.assert_close(layer(x), torch.tensor([[1.0, 2.0]]))
    explainer = lrprism.LRP(torch.nn.Sequential(layer), strict=True)
    relevance = explainer.explain(x, torch.ones_like).relevance
    torch.testing.assert_close(relevance, torch.tensor([[1.0, 2.0]]))


def test_the_network_is_built_through_its_line_in_the_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    names = run_example("Add a network")
    entry = eval(registry_line("Add a network"), {**names, "NetworkEntry": networks.NetworkEntry})
    monkeypatch.setitem(networks.NETWORKS, entry.name, entry)
    network = networks.build_network("linear", bands=4, classes=3, window=9)
    assert network(torch.rand(5, 4)).shape == (5, 3)


def test_the_layers_are_those_of_the_layering_test() -> None:
    rows = re.findall(
        r"^\| ((?:`\w+`(?:, )?)+) \|", CONTRIBUTING.split("\n## Add a rule")[0], flags=re.MULTILINE
    )
    listed = [set(re.findall(r"\w+", row)) for row in rows]
    assert listed == [*reversed(SPECTRAL), *reversed(ENGINE)]


def test_the_citation_names_this_version() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {lrprism.__version__}\n" in citation
