"""Figures of explanations, their axes read back."""

import sys

import numpy as np
import pytest
import torch

import lrprism as lp
from lrprism.attribution.figure import CellFigure, draw_figure

X = torch.rand(2, 10, 5, 6)


def explanation_of(relevance: object, inputs: object = None) -> lp.Explanation:
    return lp.Explanation(relevance, torch.zeros(2, 3), torch.tensor([1, 2]), inputs=inputs)


def test_a_patch_has_its_picture_and_curve_beside_the_input() -> None:
    figure = explanation_of(X - 0.5, X).plot(range(400, 500, 10))
    # two samples: input, relevance with its colour bar, curve with the input's axis
    assert len(figure.axes) == 2 * 5
    _, picture, curve = figure.axes[:3]
    assert np.allclose(picture.images[0].get_array(), (X[0] - 0.5).sum(0))
    lines = curve.collections[0].get_segments()
    assert [line[0][0] for line in lines] == list(range(400, 500, 10))
    assert np.allclose([line[1][1] for line in lines], (X[0] - 0.5).sum((1, 2)))
    assert curve.get_xlabel() == "wavelength (nm)"
    low, high = picture.images[0].get_clim()
    assert low == -high


def test_a_figure_shows_itself_without_pyplot() -> None:
    figure = explanation_of(torch.rand(2, 20)).plot(samples=1)
    assert isinstance(figure, CellFigure)
    assert figure._repr_png_().startswith(b"\x89PNG")
    # pyplot, which would show it a second time at the end of the cell, does not know it
    assert figure.canvas.manager is None


def test_samples_and_part_are_chosen() -> None:
    explanation = explanation_of({"a": torch.rand(2, 20), "b": torch.rand(2, 30)})
    figure = explanation.plot(part="b", samples=1)
    (axes,) = figure.axes
    assert len(axes.collections[0].get_segments()) == 30
    with pytest.raises(lp.InputError, match="There is: 'a', 'b'"):
        explanation.plot()


def test_numbers_that_are_none_leave_a_gap() -> None:
    relevance = torch.rand(2, 3, 8, 8)
    relevance[0, :, 0, 0] = float("nan")
    explanation_of(relevance, relevance).plot()._repr_png_()
    explanation_of(torch.full((2, 3, 8, 8), float("nan"))).plot()._repr_png_()


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(
        lp.InputError, match=r"wavelength should be one number per band, 20 of them\. Found 3"
    ):
        explanation_of(torch.rand(2, 20)).plot([1, 2, 3])
    with pytest.raises(lp.InputError, match=r"relevance of two or more numbers per sample\. Found none"):
        draw_figure([], None)


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "lrprism.attribution.figure")
    monkeypatch.setitem(sys.modules, "matplotlib.axes", None)
    expected = r"plot\(\) should find matplotlib\. Found: .* Try pip install 'lrprism\[spectral\]'"
    with pytest.raises(lp.InputError, match=expected):
        explanation_of(X).plot()
