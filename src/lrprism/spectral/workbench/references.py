"""The references by the names that the command line knows: what a spectrum is compared with."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import torch
from torch import Tensor

from lrprism.attribution import reference
from lrprism.errors import DataError, InputError

MakeReference = Callable[[Tensor], Tensor]
"""Makes the reference of some patches ``[N, band, y, x]``, of one for all or one for each."""

_SHARES: Final = (0.03, 0.05, 0.07)
"""The distances of the continuum, as shares of the number of bands: 6, 10 and 14 of 200."""
_MEAN_WEIGHT: Final = 1 / 3


def _take_mean(mean: Tensor, x: Tensor) -> Tensor:
    """Return the mean spectrum of the training samples, for every pixel."""
    return mean.to(x).view(1, -1, 1, 1).expand(1, *x.shape[1:])


def _take_continuum(mean: Tensor, x: Tensor) -> Tensor:
    """Return the continuum of each spectrum: what it would be without narrow features."""
    del mean
    count = x.shape[1]
    widths = sorted({min(max(1, round(share * count)), count - 1) for share in _SHARES})
    return reference.continuum(x, widths, axis=1)


def _mix(mean: Tensor, x: Tensor) -> Tensor:
    """Return a third of the mean spectrum and two thirds of the continuum."""
    return reference.mix(_take_mean(mean, x), _take_continuum(mean, x), _MEAN_WEIGHT)


_MAKERS: Final[dict[str, Callable[[Tensor, Tensor], Tensor] | None]] = {
    "zero": None,
    "mean": _take_mean,
    "continuum": _take_continuum,
    "mean-continuum": _mix,
}
REFERENCES: Final = tuple(_MAKERS)
"""The names: no reference; the mean spectrum of the training samples; the continuum of each spectrum; a third
of the former and two thirds of the latter."""

OTHERS: Final = "others"
"""The name of a reference that the report alone draws, see
:class:`~lrprism.spectral.workbench.against_others.OtherClasses`."""

_WORDS: Final = {
    "zero": "an input of zero",
    "mean": "the training mean",
    "continuum": "its own continuum",
    "mean-continuum": "training mean and continuum",
    OTHERS: "samples of other classes",
}

DEFAULT_REFERENCE: Final = "mean"
"""The name of the reference where none is named; the tutorial's own rules have none."""


def choose_reference(rule: str, name: str | None) -> str:
    """Return the name of the reference that goes with a rule.

    Args:
        rule: The name of the rule.
        name: The reference that is asked for; None for :data:`DEFAULT_REFERENCE`, or for zero under the
            tutorial's own rules, which are exact only so.
    """
    if name is not None:
        return name
    return "zero" if rule == "tutorial" else DEFAULT_REFERENCE


def describe_reference(name: str) -> str:
    """Return a name in :data:`REFERENCES`, or :data:`OTHERS`, in words, as they follow "against".

    Args:
        name: The name.
    """
    return _WORDS[name]


def find_reference(name: str, record: Mapping[str, Any]) -> MakeReference | None:
    """Return what makes the reference of a name in :data:`REFERENCES`; None for zero.

    Args:
        name: The name.
        record: The record of the training, with the mean spectrum of its samples.

    Raises:
        InputError: If there is none of that name, or one band alone has no continuum.
        DataError: If the record holds no mean spectrum.
    """
    if name not in _MAKERS:
        raise InputError(f"reference should be one of {', '.join(REFERENCES)}. Found '{name}'.")
    make = _MAKERS[name]
    if make is None:
        return None
    spectrum: Sequence[float] | None = record.get("mean_spectrum")
    if spectrum is None:
        raise DataError(
            "the run should hold the mean spectrum of its training samples. Found none in its run.json. "
            "Train or adopt the network again, or explain it with --reference zero."
        )
    if len(spectrum) < 2 and make is not _take_mean:
        raise InputError(f"a continuum needs at least 2 bands. Found {len(spectrum)}. Try --reference mean.")
    mean = torch.tensor(spectrum, dtype=torch.float64)
    return lambda x: make(mean, x)
