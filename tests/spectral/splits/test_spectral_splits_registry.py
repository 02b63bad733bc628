"""Schemes by their names: each splits what it says it splits, as its function does."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lrprism.errors import InputError
from lrprism.spectral import (
    Split,
    checkerboard,
    connected_regions,
    contiguous_cut,
    disjoint_blocks,
    group_split,
    random_split,
    region_split,
)
from lrprism.spectral.splits import SCHEMES, SplitScheme
from small_scenes import fields

LABELS = fields(0)
GROUP_MAP = np.indices(LABELS.shape)[0] // 10 + 1
CLASSES = [0, 0, 1, 1, 0, 1]
OPTIONS: dict[str, Any] = {"block": 8, "guard": 1, "seed": 3, "test_fraction": 0.4}


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=lambda scheme: scheme.name)
def test_an_entry_is_complete(scheme: SplitScheme) -> None:
    assert SCHEMES[scheme.name] is scheme
    assert scheme.help
    assert "\n" not in scheme.help
    assert scheme.split_scene or scheme.split_samples
    assert scheme.options <= {"block", "guard", "seed", "test_fraction", "groups", "axis", "class_names"}


@pytest.mark.parametrize(
    ("name", "split_directly"),
    [
        ("blocks", lambda: disjoint_blocks(LABELS, block=8, guard=1, seed=3, test_fraction=0.4)),
        ("checkerboard", lambda: checkerboard(LABELS, block=8, guard=1)),
        ("contiguous", lambda: contiguous_cut(LABELS, guard=1, test_fraction=0.4)),
        (
            "regions",
            lambda: region_split(LABELS, connected_regions(LABELS), guard=1, seed=3, test_fraction=0.4),
        ),
        ("groups", lambda: region_split(LABELS, GROUP_MAP, guard=1, seed=3, test_fraction=0.4)),
    ],
)
def test_a_scene_is_split_as_the_function_does(name: str, split_directly: Callable[[], Split]) -> None:
    expected = split_directly()
    split = SCHEMES[name].split(LABELS, groups=GROUP_MAP, **OPTIONS)
    assert split.train.tolist() == expected.train.tolist()
    assert split.test.tolist() == expected.test.tolist()
    assert split.notes == expected.notes


@pytest.mark.parametrize(
    ("name", "split_directly"),
    [
        (
            "groups",
            lambda: group_split(CLASSES, list("aabbcc"), seed=3, test_fraction=0.4, class_names=["x", "y"]),
        ),
        ("random", lambda: random_split(CLASSES, seed=3, test_fraction=0.4, class_names=["x", "y"])),
    ],
)
def test_samples_are_split_as_the_function_does(name: str, split_directly: Callable[[], Split]) -> None:
    expected = split_directly()
    split = SCHEMES[name].split(CLASSES, groups=list("aabbcc"), class_names=["x", "y"], **OPTIONS)
    assert split.train.tolist() == expected.train.tolist()
    assert split.coverage.equals(expected.coverage)


def test_options_are_those_of_the_functions() -> None:
    assert SCHEMES["checkerboard"].options == {"block", "guard"}
    assert SCHEMES["groups"].options == {"groups", "guard", "seed", "test_fraction", "class_names"}


def test_a_scheme_refuses_data_that_it_is_not_for() -> None:
    with pytest.raises(InputError, match=r"^the split 'blocks' should get a label map\. Found a list of cl"):
        SCHEMES["blocks"].split(CLASSES, **OPTIONS)
    with pytest.raises(InputError, match=r"^the split 'random' should get a list of classes\. Found a label"):
        SCHEMES["random"].split(LABELS, **OPTIONS)
