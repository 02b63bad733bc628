"""Relevance with named axes."""

import sys

import numpy as np
import pytest
import torch

import lrprism as lp
from lrprism.attribution.labelled import read_wavelength

OUTPUT = torch.rand(2, 3)
NM = [400.0, 500.0, 600.0, 700.0]


def explanation_of(x: torch.Tensor, **fields: object) -> lp.Explanation:
    return lp.Explanation(2 * x, OUTPUT, torch.tensor([1, 2]), inputs=x, **fields)


def test_a_patch_has_bands_in_nm_and_pixels() -> None:
    x = torch.rand(2, 4, 5, 5)
    dataset = explanation_of(x).to_xarray(NM)
    assert dataset.relevance.dims == dataset.input.dims == ("sample", "band", "y", "x")
    assert np.array_equal(dataset.relevance, 2 * x)
    assert np.array_equal(dataset.input, x)
    assert np.array_equal(dataset.output, OUTPUT)
    assert dataset.wavelength.values.tolist() == NM
    assert dataset.wavelength.units == "nm"
    assert dataset.target.values.tolist() == [1, 2]
    assert np.array_equal(dataset.relevance.swap_dims(band="wavelength").sel(wavelength=600), 2 * x[:, 2])


def test_several_classes_stand_in_front() -> None:
    x = torch.rand(2, 4)
    explanation = lp.Explanation(torch.stack([x, x, x]), OUTPUT, torch.tensor([7, 8, 9]), inputs=x)
    dataset = explanation.to_xarray(torch.tensor(NM))
    assert dataset.relevance.dims == ("explained", "sample", "band")
    assert dataset.target.dims == ("explained",)
    assert dataset.input.dims == ("sample", "band")


@pytest.mark.parametrize(
    ("shape", "dims"),
    [
        ((7,), ("axis_1",)),
        ((3, 7), ("axis_1", "axis_2")),
        ((3, 7, 7), ("channel", "y", "x")),
        ((1, 4, 7, 7), ("axis_1", "channel", "y", "x")),
    ],
)
def test_without_wavelengths_axes_go_by_their_number(shape: tuple[int, ...], dims: tuple[str, ...]) -> None:
    assert explanation_of(torch.rand(2, *shape)).to_xarray().relevance.dims == ("sample", *dims)


def test_names_of_ones_own() -> None:
    dataset = explanation_of(torch.rand(2, 4, 4)).to_xarray(NM, dims=("step", "band"))
    assert dataset.relevance.dims == ("sample", "step", "band")
    assert dataset.wavelength.dims == ("band",)


def test_what_has_no_samples_or_no_inputs() -> None:
    one = lp.Explanation(torch.rand(5, 4), torch.tensor(1.5), None).to_xarray(NM)
    assert one.relevance.dims == ("axis_1", "band")
    assert set(one.variables) == {"relevance", "output", "wavelength"}
    half = lp.Explanation(torch.ones(2, 4).bfloat16(), OUTPUT, None).to_xarray()
    assert half.relevance.dtype == np.float32


@pytest.mark.parametrize(
    ("wavelength", "dims", "expected"),
    [
        ([1.0, 2.0], None, r"as long as wavelength, 2\. Found none in \(4, 4\)\. Try dims="),
        (NM, None, r"Found 2 in \(4, 4\)"),
        (None, ("a",), r"dims should name each of the 2 axes .* Found \('a',\)"),
        (None, ("a", "a"), "differently"),
        (None, "ab", "differently. Found 'ab'"),
        ([1.0], ("band", "x"), r"'band' of dims should be as long as wavelength\. Found 1"),
        (NM, ("y", "x"), "'band' of dims should be as long"),
        (["red", "blue"], None, "wavelength should be one number per band, in nm. Found list: could not"),
        (5, None, "wavelength should be one number per band, in nm. Found int"),
        ([1.0, float("nan")], None, r"wavelength should hold finite numbers, in nm\. Found NaN"),
    ],
)
def test_what_does_not_fit_is_refused(wavelength: object, dims: object, expected: str) -> None:
    with pytest.raises(lp.InputError, match=expected):
        explanation_of(torch.rand(2, 4, 4)).to_xarray(wavelength, dims=dims)


def test_wavelengths_are_read_from_anything_with_numbers() -> None:
    kinds = (NM, tuple(NM), np.array(NM), torch.tensor(NM), range(400, 800, 100))
    assert all(read_wavelength(kind) == NM for kind in kinds)


def test_without_xarray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(lp.InputError, match=r"should find xarray\. .* Try pip install 'lrprism\[spectral\]'"):
        explanation_of(torch.rand(2, 4)).to_xarray()
