"""The examples run as they stand and find what a person would look for."""

import runpy
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib import image

ROOT = Path(__file__).parents[2] / "examples"


def example(name: str) -> dict[str, Any]:
    return runpy.run_path(str(ROOT / f"{name}.py"))


def run(name: str, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", [name, *arguments])
    runpy.run_path(str(ROOT / f"{name}.py"), run_name="__main__")


def test_the_network_sees_the_cat_in_its_face() -> None:
    module = example("cat")
    finding, difference = module["find"](module["photograph"]())
    assert int(finding.explanation.target) == module["EGYPTIAN_CAT"]
    assert float(finding.explanation.output.softmax(1).max()) == pytest.approx(0.54, abs=0.03)
    positive = finding.relevance.clip(min=0)
    face = np.zeros_like(positive)
    face[55:205, 80:224] = 1
    share = (positive * face).sum() / positive.sum()
    assert finding.share_on_face == pytest.approx(share)
    assert share > 0.6
    assert share > 1.5 * face.mean()
    assert abs(finding.explanation.audit.unaccounted) < 1e-5 * finding.explanation.audit.explained
    # against zero the biases keep nearly all; of the difference from a blurred picture all arrives
    assert finding.explanation.audit.reached < 0.1 * finding.explanation.audit.explained
    assert difference.explanation.audit.reached == pytest.approx(
        difference.explanation.audit.explained, rel=1e-3
    )
    assert difference.explanation.audit.explained > 9


@pytest.mark.parametrize("name", ["cat", "sentences"])
def test_an_example_draws_its_figure(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "figure.png"
    run(name, monkeypatch, "--out", str(out))
    assert f"wrote {out}" in capsys.readouterr().out
    picture = image.imread(out)
    assert picture.shape[1] == {"cat": 2080, "sentences": 1440}[name]
    assert picture[..., :3].std() > 0.05


@pytest.mark.parametrize(
    ("sentences", "words"),
    [
        (
            ("A kitten sleeps on the warm sofa.", "The cat is dozing on the couch."),
            ({"kitten", "sofa"}, {"cat", "couch"}),
        ),
        (
            ("The crop suffers from a lack of water.", "Drought stress lowers the yield of maize."),
            ({"crop", "water"}, {"drought", "maize"}),
        ),
    ],
)
def test_the_two_strongest_tokens_are_the_words_that_mean_the_same(
    sentences: tuple[str, str], words: tuple[set[str], set[str]]
) -> None:
    finding = example("sentences")["find"](*sentences)
    for tokens, relevance, expected in zip(finding.tokens, finding.relevance, words, strict=True):
        strongest = torch.tensor(relevance).topk(2).indices.tolist()
        assert {tokens[place] for place in strongest} == expected
    assert abs(finding.explanation.audit.unaccounted) < 1e-5 * finding.similarity
