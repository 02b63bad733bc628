"""What a network loses without the bands that are named, and what it keeps with them alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from lrprism.evaluation import AbstractImputer
from lrprism.evaluation.predict import set_to_evaluate
from lrprism.spectral.report.stretches import Stretch

ALL: Final = "these bands"
"""The name of all stretches of a class together."""
_AT_ONCE: Final = 16
_STAYS: Final = 0.05
"""A recall that falls by no more stays as it is."""
_SAME: Final = 0.1
"""Recalls under two imputers that are no further apart say the same."""
_APART: Final = 0.3
"""Recalls under two imputers that are further apart say different amounts."""
_ROUNDING: Final = 1e-9


@dataclass(frozen=True)
class Need:
    """What happens to the recall of a class without a stretch of bands, and with it alone.

    Args:
        place: The stretch in words, or :data:`ALL`.
        samples: Samples of the class.
        recall: Share of them that the network gets right, untouched.
        without: The same with the stretch filled in, by the name of the imputer.
        alone: The same with all other bands filled in.
    """

    place: str
    samples: int
    recall: float
    without: Mapping[str, float]
    alone: Mapping[str, float]

    @property
    def stays(self) -> bool:
        """True if recall stays as it is, whatever the bands are filled with."""
        return max(self._falls) <= _STAYS + _ROUNDING

    @property
    def _falls(self) -> list[float]:
        return [self.recall - share for share in self.without.values()]

    def __str__(self) -> str:
        """What is lost and kept, in words."""
        left = _list_shares(self.without)
        which = "these bands" if self.place == ALL else "this stretch"
        kept = f"with {which} alone it is {_list_shares(self.alone)}"
        if self.stays:
            stays = f"without {self.place} recall stays at {left}, of {self.recall:.2f}"
            return f"{stays}: other bands say the same; {kept}"
        apart = max(self.without.values()) - min(self.without.values())
        if min(self._falls) <= _STAYS + _ROUNDING and apart > _SAME:
            hangs = f"without {self.place} recall of {self.recall:.2f} becomes {left}"
            return f"{hangs}: it hangs on what they are filled with, so that nothing is shown; {kept}"
        much = "; how far hangs on what they are filled with" if apart > _APART else ""
        return f"without {self.place} recall falls from {self.recall:.2f} to {left}{much}; {kept}"


def measure_needs(
    model: nn.Module,
    x: Tensor,
    number: int,
    stretches: Sequence[Stretch],
    wavelength: Tensor,
    imputers: Sequence[AbstractImputer],
) -> list[Need]:
    """Remove each stretch of a class, and all together, and keep each alone.

    What a network does with filled-in bands depends on what they are filled with: a need that two imputers
    agree on is one. Recall is the share of samples of the class that the network gives it.

    Args:
        model: The network, with a logit per class.
        x: Samples whose true class it is, ``[N, band, y, x]``, in the data's own units.
        number: The class, from 0.
        stretches: The stretches.
        wavelength: Centre of each band in nm, ``[band]``.
        imputers: What takes the place of bands.

    Returns:
        A need per stretch, and of several one for all together; none without a sample or stretch.
    """
    if not len(x) or not stretches:
        return []
    recall = _measure_recall(model, x, number)
    # two stretches of narrow bands may be alike in words
    masks = [(stretch.place, _mark_bands(stretch, wavelength)) for stretch in stretches]
    if len(masks) > 1:
        masks.append((ALL, torch.stack([mask for _, mask in masks]).any(0)))
    needs = []
    for place, mask in masks:
        without, alone = (
            {imputer.name: _measure_recall(model, _fill(imputer, x, removed), number) for imputer in imputers}
            for removed in (mask, ~mask)
        )
        needs.append(Need(place, len(x), recall, without, alone))
    return needs


def _mark_bands(stretch: Stretch, wavelength: Tensor) -> Tensor:
    return (wavelength >= stretch.start_nm - 1e-6) & (wavelength <= stretch.end_nm + 1e-6)


def _fill(imputer: AbstractImputer, x: Tensor, removed: Tensor) -> Tensor:
    mask = removed[None, :, None, None].expand(len(x), -1, 1, 1)
    return imputer.impute(x, mask, rows=torch.arange(len(x)))


@torch.no_grad()
def _measure_recall(model: nn.Module, x: Tensor, number: int) -> float:
    with set_to_evaluate(model):
        right = [model(part).argmax(1) == number for part in torch.split(x, _AT_ONCE)]
    return float(torch.cat(right).double().mean())


def _list_shares(shares: Mapping[str, float]) -> str:
    return ", ".join(f"{share:.2f} ({name})" for name, share in shares.items())
