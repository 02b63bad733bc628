"""What the contributor's papers say is true."""

import re
from pathlib import Path

import pytest

import lrprism
from test_layering import ENGINE, SPECTRAL

ROOT = Path(__file__).parents[1]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", CONTRIBUTING, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"line {line_of(block)}")
def test_the_examples_run(block: str) -> None:
    padded = "\n" * line_of(block) + block  # so that a failure names the line of the document
    exec(compile(padded, "CONTRIBUTING.md", "exec"), {"__name__": "contributing"})


def line_of(block: str) -> int:
    return CONTRIBUTING[: CONTRIBUTING.index(block)].count("\n")


def test_both_additions_have_an_example() -> None:
    headings = [CONTRIBUTING[: CONTRIBUTING.index(block)].rsplit("\n## ", 1)[1] for block in BLOCKS]
    assert [heading.split("\n")[0] for heading in headings] == ["Add a rule", "Add an op"]


def test_the_layers_are_those_of_the_layering_test() -> None:
    rows = re.findall(
        r"^\| ((?:`\w+`(?:, )?)+) \|", CONTRIBUTING.split("\n## Add a rule")[0], flags=re.MULTILINE
    )
    listed = [set(re.findall(r"\w+", row)) for row in rows]
    assert listed == [*reversed(SPECTRAL), *reversed(ENGINE)]


def test_the_citation_names_this_version() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {lrprism.__version__}\n" in citation
