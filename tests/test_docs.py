"""What the documents name is there."""

import re
from pathlib import Path

import pytest
import torch
from torch import nn

import lrprism as lp
from lrprism import select
from lrprism.rules import Gamma

ROOT = Path(__file__).parents[1]
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
GLOSSARY = (ROOT / "docs/notation.md").read_text(encoding="utf-8").split("\n## Glossary\n")[1]
WORDS = [row.split("|")[1:3] for row in GLOSSARY.splitlines() if "`" in row and row.startswith("|")]
PAGE = (ROOT / "docs/internals.md").read_text(encoding="utf-8")
FILES = sorted(set(re.findall(r"src/lrprism/[\w/]+\.py", PAGE)))


@pytest.mark.parametrize(("word", "names"), WORDS)
def test_the_words_of_the_glossary_are_names_in_the_code(word: str, names: str) -> None:
    for name in re.findall(r"`([^`]+)`", names):
        last = name.split(".")[-1]
        is_file = any((ROOT / "src").rglob(f"{last}*"))
        assert is_file or re.search(rf"\b{last}\b", SOURCE), f"{word}: {name}"


def test_each_thing_has_one_word() -> None:
    names = [name for _, column in WORDS for name in re.findall(r"`([^`]+)`", column)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", FILES)
def test_every_file_that_the_page_names_exists(path: str) -> None:
    assert (ROOT / path).is_file()


def test_the_page_follows_a_call_through_the_rooms() -> None:
    rooms = {path.split("/")[2] for path in FILES}
    assert {"attribution", "composites", "engine", "graph", "ops"} <= rooms


def test_the_call_of_the_page() -> None:
    layers = nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2)
    convolutions = select.kind(select.Kind.CONVOLUTION)
    plan = lp.LRP(nn.Sequential(*layers), [(convolutions, Gamma(0.25))]).plan(torch.rand(1, 1, 4, 4))
    (row,) = [row for row in plan if row.rule]
    assert (row.op, row.module, row.why) == ("conv2d + batch_norm", "0", "convolution")
