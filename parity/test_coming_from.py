"""docs/coming-from.md runs: the code of the others gives the map of ours beside it."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch

PAGE = (Path(__file__).parents[1] / "docs/coming-from.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))
BLOCK = re.compile(r"^```(py|python)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LARGEST = 1e-4
"""The page says so: difference of two maps by the largest entry of theirs."""


def run_section(peer: str) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Run the shared model and the blocks of a peer; return its maps, each with ours of the next block."""
    names: dict[str, Any] = {"__name__": "coming_from"}
    pairs, theirs = [], None
    for language, code in BLOCK.findall(PAGE.split("\n## ")[0] + SECTIONS[peer]):
        exec(code, names)
        if language == "py":
            theirs = names["relevance"].detach()
        elif theirs is not None:
            pairs.append((theirs, names["relevance"]))
            theirs = None
    return pairs


# shap meets NumPy 2 so
@pytest.mark.filterwarnings("ignore:__array_wrap__ must accept:DeprecationWarning")
@pytest.mark.parametrize(("peer", "maps"), [("zennit", 1), ("captum", 2), ("shap", 1)])
def test_the_maps_of_a_peer_are_ours(peer: str, maps: int) -> None:
    """Compare each map of the page with ours beside it."""
    pairs = run_section(peer)
    assert len(pairs) == maps
    for theirs, ours in pairs:
        assert (ours - theirs).abs().max() <= LARGEST * theirs.abs().max()
