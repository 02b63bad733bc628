"""The README's Python is run, and what it points to is there."""

import re
from pathlib import Path

import pytest

from lrprism.spectral.workbench.composites import DEFAULT_RULE
from lrprism.spectral.workbench.references import choose_reference

README = Path(__file__).parents[1] / "README.md"


def test_the_examples_run(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert len(blocks) == 2
    exec("\n".join(blocks), {})
    printed = capsys.readouterr().out
    assert "torch.Size([4, 6, 9, 9])" in printed
    assert "Gamma(gamma=0.25" in printed
    (arrived,) = re.findall(r"^(-?\d\.\d{3}) of (-?\d\.\d{3}) arrived$", printed, re.MULTILINE)
    assert arrived[0] == arrived[1]


def test_what_it_points_to_is_there() -> None:
    for target in re.findall(r"\[[^]]*]\(([^)]+)\)|`(CITATION\.cff)`", README.read_text()):
        assert (README.parent / "".join(target)).is_file(), target


def test_the_default_is_named_with_what_speaks_for_and_against_it() -> None:
    default = f"`{DEFAULT_RULE}@{choose_reference(DEFAULT_RULE, None)}`"
    for page in (README, README.parent / "docs/command-line.md"):
        (sentence,) = re.findall(r"Without `--rule`, [^.]*\.md\]\([^)]*\)", page.read_text())
        assert default in sentence
        assert "evidence.md" in sentence


def test_it_is_short_enough_to_be_read() -> None:
    assert len(README.read_text().splitlines()) <= 130
