"""What is drawn of relevance of which shape."""

from typing import Any

import pytest
import torch
from torch import Tensor

from lrprism.attribution.parts import list_parts
from lrprism.attribution.views import View, class_of, make_views


def views_of(relevance: Tensor, x: Tensor | None, target: Any = None, most: int = 4) -> list[View]:
    output = torch.zeros(2, 3)
    (part,) = list_parts(relevance, x, output)
    return [*make_views(part, None if target is None else torch.tensor(target), most)]


@pytest.mark.parametrize(
    ("shape", "picture", "curve"),
    [
        ((7,), None, 7),  # a spectrum, tokens, a row of a table
        ((1,), None, None),
        ((), None, None),
        ((0,), None, None),
        ((3, 50), None, 50),  # a series of three channels
        ((50, 3), None, 50),
        ((1, 1), None, None),
        ((20, 30), (20, 30), None),  # steps by features
        ((3, 16, 24), (16, 24), None),  # a photograph
        ((40, 9, 9), (9, 9), 40),  # a patch of 40 bands
        ((1, 40, 9, 9), (9, 9), 40),
        ((40, 3, 3), None, 40),  # too few pixels for a picture
        ((2, 3, 4, 8, 8), (8, 8), None),
    ],
)
def test_what_is_drawn(shape: tuple[int, ...], picture: tuple[int, ...] | None, curve: int | None) -> None:
    x = torch.rand(2, *shape)
    views = views_of(3 * x, x)
    assert len(views) == (0 if picture is None and curve is None else 2)
    for view, sample in zip(views, x, strict=False):
        assert (None if view.picture is None else tuple(view.picture.shape)) == picture
        assert (None if view.curve is None else len(view.curve)) == curve
        # nothing of the relevance is left out
        for drawn in (view.picture, view.curve):
            assert drawn is None or torch.isclose(drawn.sum(), 3 * sample.sum())
        assert (view.input_picture is None) == (picture is None)
        assert (view.input_curve is None) == (curve is None)


def test_bands_of_a_patch_are_summed_over_its_pixels_and_pixels_over_the_bands() -> None:
    x = torch.rand(2, 10, 5, 6)
    first = views_of(x, x)[0]
    assert first.curve is not None
    assert first.picture is not None
    assert torch.allclose(first.curve, x[0].sum((1, 2)))
    assert torch.allclose(first.picture, x[0].sum(0))
    assert first.input_curve is not None
    assert torch.allclose(first.input_curve, x[0].mean((1, 2)))


def test_titles_name_part_sample_and_class() -> None:
    x = torch.rand(2, 7)
    assert [view.title for view in views_of(x, x, [4, 5])] == ["sample 0, class 4", "sample 1, class 5"]
    assert [view.title for view in views_of(torch.stack([x, x]), x, [4, 5], most=3)] == [
        "sample 0, class 4",
        "sample 0, class 5",
        "sample 1, class 4",
    ]
    (part,) = list_parts({"a": x}, None, torch.zeros(2))
    assert [view.title for view in make_views(part, None, 1)] == ["a, sample 0"]


def test_the_class_of_a_place() -> None:
    assert class_of(None, 0, 0, has_class_axis=False) is None
    assert class_of(torch.tensor(3), 0, 0, has_class_axis=False) is None
    assert class_of(torch.tensor([3, 4]), 0, 1, has_class_axis=False) == 4
    assert class_of(torch.tensor([3, 4]), 1, 0, has_class_axis=True) == 4
    assert class_of(torch.tensor([[3, 4], [5, 6]]), 1, 0, has_class_axis=True) == 5
    assert class_of(torch.tensor([3]), 0, 1, has_class_axis=False) is None
