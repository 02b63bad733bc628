"""Values in the place of removed features, computed from the original sample whatever was removed before."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import final

import torch
from torch import Tensor

from lrprism.errors import InputError
from lrprism.evaluation.regions import Regions, read_axis


class AbstractImputer(ABC):
    """A way to fill in what was removed.

    Imputers are called with the original and the mask of all that is removed. One that saw the sample of the
    step before would interpolate between its own guesses, and leak what it should hide.
    """

    name: str
    """Its name in tables."""
    draws: int = 1
    """Number of random fillings; predictions are averaged over them."""

    @abstractmethod
    def impute(self, x: Tensor, removed: Tensor, *, rows: Tensor, draw: int = 0) -> Tensor:
        """Return samples with what was removed filled in.

        Args:
            x: Original samples, ``[B, ...]``.
            removed: What is removed, bool, broadcasts with ``x``.
            rows: The number of the sample that each row of ``x`` belongs to, ``[B]``.
            draw: Which of the random fillings.
        """

    def impute_path(self, x: Tensor, order: Tensor, regions: Regions, *, rows: Tensor, draw: int) -> Tensor:
        """Return samples with the first k regions of an order removed, for every k.

        Args:
            x: Original samples, ``[n, ...]``.
            order: Numbers of all regions, the first to be removed first, ``[n, count]``.
            regions: The regions.
            rows: The number of each sample, ``[n]``.
            draw: Which of the random fillings.

        Returns:
            ``[n, count + 1, ...]``: nothing removed at 0, everything at ``count``.
        """
        steps = order.shape[1] + 1
        # region m is removed at step k if its place in the order is before k
        place = order.argsort(dim=1)[:, None]
        removed = place < torch.arange(steps, device=x.device)[:, None]
        repeated = x[:, None].expand(-1, steps, *x.shape[1:]).flatten(0, 1)
        mask = regions.build_mask(removed.flatten(0, 1))
        imputed = self.impute(repeated, mask, rows=rows.repeat_interleave(steps), draw=draw)
        return imputed.reshape(len(x), steps, *x.shape[1:])


@final
class Constant(AbstractImputer):
    """A fixed reference, such as the mean of the training samples: matched to an attribution that uses it.

    Args:
        reference: A number, or a tensor that broadcasts with one sample.
        name: Its name in tables.
    """

    def __init__(self, reference: Tensor | float, name: str = "reference") -> None:
        """Keep the reference.

        Raises:
            InputError: If it holds NaN or inf.
        """
        self.reference = check_reference(reference)
        self.name = name

    def impute(self, x: Tensor, removed: Tensor, *, rows: Tensor, draw: int = 0) -> Tensor:  # noqa: ARG002
        """Return ``x`` with the reference where something is removed."""
        return torch.where(removed, fit_reference(self.reference, x), x)


@final
class Swap(AbstractImputer):
    """The values of another sample, drawn at random: the marginal expectation, as in GradientShap.

    A sample meets the same donors at every step and under every method.

    Args:
        samples: Samples to draw from, such as the training part, ``[S, ...]``.
        draws: Donors per sample; predictions are averaged over them.
        seed: Seed of the draw.
    """

    name = "swap"
    _PERIOD = 4099
    """Samples whose numbers differ by this meet the same donors."""

    def __init__(self, samples: Tensor, draws: int = 5, seed: int = 0) -> None:
        """Draw the donors.

        Raises:
            InputError: If there is no sample to draw from, or no draw, or a sample is not finite.
        """
        if len(samples) < 1 or draws < 1:
            raise InputError(
                "swap should have at least one sample to draw from and one draw. "
                f"Found {len(samples)} samples, draws={draws}."
            )
        if not samples.isfinite().all():
            raise InputError(
                f"swap should draw from finite samples. Found {int((~samples.isfinite()).sum())} of "
                f"{samples.numel()} values that are not. Leave such samples out."
            )
        self.samples = samples
        self.draws = draws
        generator = torch.Generator().manual_seed(seed)
        self._donors = torch.randint(len(samples), (draws, self._PERIOD), generator=generator)

    def impute(self, x: Tensor, removed: Tensor, *, rows: Tensor, draw: int = 0) -> Tensor:
        """Return ``x`` with the donor's values where something is removed.

        Raises:
            InputError: If the donors have another shape.
        """
        if self.samples.shape[1:] != x.shape[1:]:
            raise InputError(
                f"swap should draw from samples of shape {tuple(x.shape[1:])}. "
                f"Found {tuple(self.samples.shape[1:])}."
            )
        # by the number of the sample: its donor stays the same at every step
        donors = self._donors[draw, rows.cpu() % self._PERIOD]
        return torch.where(removed, self.samples[donors.to(self.samples.device)].to(x), x)


@final
class Interpolation(AbstractImputer):
    r"""A straight line along wavelength between the nearest bands that are left.

    .. math:: x_b = x_l + (x_r - x_l) \frac{\lambda_b - \lambda_l}{\lambda_r - \lambda_l}

    with l and r the nearest bands left of and right of b; at the ends the nearest band, and where no band is
    left the reference. In nm, so that a gap in the axis counts with its width; bands need not be sorted.

    Args:
        reference: What a sample without any band left becomes: a number or a tensor that broadcasts with one.
        wavelengths: Position of each band in nm, ``[bands]``; evenly spaced if not given.
        axis: The axis of the bands, counted with the samples' axis 0.
    """

    name = "interpolation"

    def __init__(self, reference: Tensor | float, wavelengths: Tensor | None = None, axis: int = 1) -> None:
        """Keep the positions.

        Raises:
            InputError: If a position or the reference is not finite.
        """
        self.reference = check_reference(reference)
        if wavelengths is not None and not (wavelengths.dim() == 1 and wavelengths.isfinite().all()):
            raise InputError(
                "wavelengths should be one finite number in nm per band. "
                f"Found shape {tuple(wavelengths.shape)}, {int((~wavelengths.isfinite()).sum())} not finite."
            )
        self.wavelengths = wavelengths
        self.axis = axis

    def impute(self, x: Tensor, removed: Tensor, *, rows: Tensor, draw: int = 0) -> Tensor:  # noqa: ARG002
        """Return ``x`` with straight lines where something is removed.

        Raises:
            InputError: If the samples have another number of bands, or no such axis.
        """
        axis = read_axis(self.axis, x)
        size = x.shape[axis]
        positions = torch.arange(size) if self.wavelengths is None else self.wavelengths
        check_bands(len(positions), size, "wavelengths")
        positions = positions.to(x)
        # sorted bands last, in x and mask alike; the mask may have size 1 along other axes
        order = positions.argsort()
        values = x.movedim(axis, -1)[..., order]
        mask = removed.expand(*removed.shape[:axis], size, *removed.shape[axis + 1 :])
        mask = mask.movedim(axis, -1)[..., order]
        filled = _draw_lines(values, mask, positions[order])
        filled = filled[..., order.argsort()].movedim(-1, axis)
        # a pixel without any band left has nothing to draw a line from
        none_left = mask.all(-1, keepdim=True).movedim(-1, axis)
        filled = torch.where(none_left, fit_reference(self.reference, x), filled)
        return torch.where(removed, filled, x)


def _draw_lines(values: Tensor, removed: Tensor, positions: Tensor) -> Tensor:
    """Return a straight line at every entry of the last axis, between the nearest that are not removed."""
    size = values.shape[-1]
    index = torch.arange(size, device=values.device).expand(removed.shape)
    before = torch.where(removed, -1, index).cummax(-1).values
    after = torch.where(removed, size, index).flip(-1).cummin(-1).values.flip(-1)
    # beyond the last band that stays, the line is flat; where none stays, any index will do
    before, after = (
        torch.where(before < 0, after, before).clamp(max=size - 1),
        torch.where(after >= size, before, after).clamp(min=0),
    )
    span = positions[after] - positions[before]
    # both ends at one band, or two detectors that share a wavelength: no slope
    weight = (positions - positions[before]) / torch.where(span == 0, 1, span)
    start, end = (values.gather(-1, side.expand(values.shape)) for side in (before, after))
    return start + (end - start) * weight


def check_reference(reference: Tensor | float) -> Tensor:
    """Return a reference as a tensor.

    Raises:
        InputError: If it is no number or tensor, or not finite.
    """
    try:
        tensor = torch.as_tensor(reference)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            f"reference should be a number or a tensor. Found {type(reference).__name__}. "
            "Try samples.mean(0)."
        ) from error
    if not tensor.isfinite().all():
        raise InputError(
            f"reference should be finite. Found {int((~tensor.isfinite()).sum())} of {tensor.numel()} values "
            "that are not. Leave such samples out of its mean."
        )
    return tensor


def fit_reference(reference: Tensor, x: Tensor, what: str = "reference") -> Tensor:
    """Return a reference, or what else broadcasts with each of some samples, in their type.

    Raises:
        InputError: If it does not.
    """
    one = (1, *x.shape[1:])
    try:
        fits = torch.broadcast_shapes(reference.shape, one) == one  # type: ignore[no-untyped-call]
    except RuntimeError:
        fits = False
    if not fits:
        raise InputError(
            f"{what} should broadcast with one sample of shape {tuple(x.shape[1:])}. "
            f"Found {tuple(reference.shape)}."
        )
    return reference.to(x)


def check_bands(count: int, expected: int, what: str) -> None:
    """Check that there is one number for each band.

    Raises:
        InputError: If there are more or fewer.
    """
    if count != expected:
        raise InputError(
            f"{what} should hold one value for each of the {expected} bands. Found {count}. "
            "Check the axis of the bands."
        )
