"""Relevance as a dataset of xarray, with names for its axes and wavelengths for its bands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from torch import Tensor

from lrprism.attribution.parts import Part
from lrprism.errors import InputError

if TYPE_CHECKING:
    import xarray

Wavelength = Tensor | Sequence[float] | Any
"""Wavelengths in nm, ``[bands]``: a tensor, a sequence or an array."""


def read_wavelength(wavelength: Wavelength) -> list[float]:
    """Return wavelengths as numbers.

    Raises:
        InputError: If they are no one-dimensional finite numbers.
    """
    values = wavelength.tolist() if hasattr(wavelength, "tolist") else wavelength
    try:
        numbers = [float(value) for value in values]
    except (TypeError, ValueError) as error:
        raise InputError(
            f"wavelength should be one number per band, in nm. Found {type(wavelength).__name__}: {error}."
        ) from error
    if not all(abs(number) < float("inf") for number in numbers):
        raise InputError("wavelength should hold finite numbers, in nm. Found NaN or inf.")
    return numbers


def make_dataset(
    part: Part,
    output: Tensor,
    target: Tensor | None,
    wavelength: Wavelength | None,
    dims: Sequence[str] | None,
) -> xarray.Dataset:
    """Return relevance, input and output of one part; see :meth:`Explanation.to_xarray`.

    Args:
        part: The part.
        output: The output.
        target: The explained classes.
        wavelength: Wavelengths of the bands, or None.
        dims: Names of the axes behind the samples, or None.

    Raises:
        InputError: If xarray is missing, or the wavelengths or names do not fit.
    """
    try:
        import xarray as xr  # the engine needs torch alone
    except ImportError as error:
        raise InputError(
            f"to_xarray() should find xarray. Found: {error}. Try pip install 'lrprism[spectral]'."
        ) from error
    nm = None if wavelength is None else read_wavelength(wavelength)
    front = ["explained"] * part.has_class_axis + ["sample"] * part.is_sampled
    shape = tuple(part.relevance.shape[len(front) :])
    behind = _name_axes(shape, None if nm is None else len(nm), dims)
    variables: dict[str, Any] = {"relevance": ([*front, *behind], _to_array(part.relevance))}
    if part.inputs is not None:
        variables["input"] = ([*front[part.has_class_axis :], *behind], _to_array(part.inputs))
    output_dims = [f"output_{axis}" for axis in range(output.dim())]
    variables["output"] = (
        ["sample", *output_dims[1:]] if part.is_sampled else output_dims,
        _to_array(output),
    )
    coords: dict[str, Any] = {}
    if nm is not None:
        coords["wavelength"] = ("band", nm, {"units": "nm", "long_name": "wavelength"})
    target_dims = _name_target(part, target)
    if target is not None and target_dims is not None:
        coords["target"] = (target_dims, _to_array(target))
    return xr.Dataset(variables, coords)


def _to_array(tensor: Tensor) -> Any:
    tensor = tensor.detach().cpu()
    # numpy has no bfloat16
    return (
        tensor.float().numpy() if tensor.dtype.itemsize < 4 and tensor.is_floating_point() else tensor.numpy()
    )


def _name_target(part: Part, target: Tensor | None) -> list[str] | None:
    """Return the axes of the target among those of relevance; None where they are not the same."""
    front = part.relevance.shape[: part.has_class_axis + part.is_sampled]
    if target is None or not target.dim():
        return None
    if part.has_class_axis:
        names = ["explained", "sample"][: target.dim()]
        return names if tuple(target.shape) == tuple(front[: target.dim()]) else None
    return ["sample"] if part.is_sampled and tuple(target.shape) == tuple(front) else None


def _name_axes(shape: tuple[int, ...], bands: int | None, dims: Sequence[str] | None) -> list[str]:
    """Name the axes behind the samples.

    Raises:
        InputError: If the names do not fit, or no axis, or several, can be that of the wavelengths.
    """
    if dims is not None:
        if isinstance(dims, str) or len(dims) != len(shape) or len(set(dims)) < len(dims):
            raise InputError(
                f"dims should name each of the {len(shape)} axes behind the samples, {shape}, differently. "
                f"Found {dims!r}."
            )
        if bands is not None and dict(zip(dims, shape, strict=True)).get("band") != bands:
            raise InputError(
                f"the axis 'band' of dims should be as long as wavelength. Found {bands} wavelengths for "
                f"{dict(zip(dims, shape, strict=True))}."
            )
        return list(dims)
    names = [f"axis_{axis}" for axis in range(1, len(shape) + 1)]
    if len(shape) >= 3:
        names[-3:] = ["channel", "y", "x"]
    if bands is None:
        return names
    axes = [axis for axis, size in enumerate(shape) if size == bands]
    if len(axes) != 1:
        count = len(axes) or "none"
        raise InputError(
            f"one axis behind the samples should be as long as wavelength, {bands}. Found {count} in "
            f"{shape}. Try dims=, with 'band' for the axis of the wavelengths."
        )
    names[axes[0]] = "band"
    return names
