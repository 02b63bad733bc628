"""Relevance of samples against samples of other classes: what tells their class from the others."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr
from torch import Tensor

from lrprism.spectral.bands.areas import PLANT, PlantMask
from lrprism.spectral.bands.statistics import PLANT_NDVI, RESOLUTION, sum_pixels
from lrprism.spectral.cubes.patches import PatchSet
from lrprism.spectral.report.judge import mark_meant
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.patch_explainer import PatchExplainer
from lrprism.spectral.workbench.references import OTHERS
from lrprism.spectral.workbench.sources import network_inputs

_ALIKE: Final = 0.2
AT_ONCE: Final = 16
"""Samples that are explained at a time."""


@dataclass(frozen=True, eq=False)
class OtherClasses:
    """Samples, each with a sample of another class that it is compared with.

    Args:
        numbers: Numbers of the samples.
        classes: The class that each is explained for.
        partners: For each the number of a sample that is explained for another class.
        lends: Whether the partner lends its leaves and its background, see :func:`lend_spectra`.
        plant: Tells plants from the background; None where nothing does.
        groups: The plant, field or square of each; None where that is not known.
    """

    numbers: Numbers
    classes: Numbers
    partners: Numbers
    lends: npt.NDArray[np.bool_]
    plant: PlantMask | None
    groups: Numbers | None = None

    @classmethod
    def draw(cls, spectra: xr.Dataset, numbers: Numbers, most: int, seed: int = 0) -> "OtherClasses | None":
        """Draw for some samples of each explained class a sample of another, each other class as likely.

        A sample is of the class that it is explained for, if the network or the truth says so; else of the
        one that the network predicts. Where two classes differ in their share of plants by more than a fifth
        of the pixels, that is a difference too: a partner is then taken as it is.

        Args:
            spectra: The :func:`lrprism.spectral.sample_spectra` of the samples.
            numbers: Their numbers.
            most: Most samples of a class, drawn at random.
            seed: Seed of the draws.

        Returns:
            None where there are no samples of other classes.
        """
        is_meant = mark_meant(spectra)
        classes = np.where(is_meant, spectra["target"].values, spectra["predicted"].values)
        members = {int(number): np.flatnonzero(classes == number) for number in np.unique(classes)}
        if len(members) < 2 or not is_meant.any():
            return None
        generator = np.random.default_rng(seed)
        chosen = np.concatenate([
            draw_some(of_class[is_meant[of_class]], most, generator) for of_class in members.values()
        ])  # fmt: skip
        partners = np.array([
            generator.choice(members[int(generator.choice([other for other in members if other != own]))])
            for own in classes[chosen].tolist()
        ])  # fmt: skip
        plant = _find_plants(spectra)
        lends = np.full(len(chosen), plant is not None)
        if plant is not None:
            share = spectra["area_size"].sel(area=PLANT).values
            mean = {number: float(share[of_class].mean()) for number, of_class in members.items()}
            lends = np.array([
                abs(mean[int(own)] - mean[int(other)]) <= _ALIKE
                for own, other in zip(classes[chosen], classes[partners], strict=True)
            ])  # fmt: skip
        groups = spectra["group"].values[chosen] if "group" in spectra.variables else None
        return cls(numbers[chosen], classes[chosen], numbers[partners], lends, plant, groups)

    def thin(self, most: int) -> "OtherClasses":
        """Return at most so many of the samples, evenly spread."""
        step = -(-len(self.numbers) // most)
        numbers, classes, partners = (each[::step] for each in (self.numbers, self.classes, self.partners))
        groups = None if self.groups is None else self.groups[::step]
        return OtherClasses(numbers, classes, partners, self.lends[::step], self.plant, groups)

    def explain(self, explainer: PatchExplainer, nm: float) -> xr.Dataset:
        """Explain each sample against its partner, see :func:`lend_spectra`.

        Args:
            explainer: Explains them; its own target and reference are not used.
            nm: Width over which relevance is pooled; 0 for none.

        Returns:
            Their :func:`lrprism.spectral.sample_spectra`.
        """
        explainer = replace(explainer, target="true", reference_name=OTHERS)
        pieces = []
        for start in range(0, len(self.numbers), AT_ONCE):
            rows = slice(start, start + AT_ONCE)
            own, other = (explainer.samples.cut(each[rows]) for each in (self.numbers, self.partners))
            # a network that predicts other classes is asked for the same ones
            asked = own.assign(label=("sample", self.classes[rows]))
            explained, _ = explainer.explain_patches(asked, reference=self._compare(own, other, rows))
            explained = explained.assign(label=own["label"]).assign_attrs({RESOLUTION: nm})
            pieces.append(sum_pixels(explained, self.plant))
        joined = xr.concat(pieces, "sample", combine_attrs="override")
        return joined if self.groups is None else joined.assign_coords(group=("sample", self.groups))

    def _compare(self, own: PatchSet, other: PatchSet, rows: slice) -> Tensor:
        """Return what patches are compared with."""
        whole = network_inputs(other)
        if self.plant is None:
            return whole
        masks = (torch.from_numpy(self.plant.mark(each["patch"]).values) for each in (own, other))
        lends = torch.from_numpy(self.lends[rows])[:, None, None, None]
        return torch.where(lends, lend_spectra(whole, *masks), whole)


def draw_some(places: Numbers, most: int, generator: np.random.Generator) -> Numbers:
    """Draw at most so many places at random; they stay in their order.

    Args:
        places: The places.
        most: Most of them.
        generator: Source of the random numbers.
    """
    if len(places) <= most:
        return places
    return np.sort(generator.choice(places, most, replace=False))


def _find_plants(spectra: xr.Dataset) -> PlantMask | None:
    """Return what tells plants from the background; None where all pixels are of one kind."""
    threshold = spectra.attrs.get(PLANT_NDVI)
    if threshold is None or PLANT not in spectra.get("area", xr.DataArray([])).values:
        return None
    if not 0 < float(spectra["area_size"].sel(area=PLANT).mean()) < 1:
        return None
    return PlantMask.at(spectra["wavelength"].values, float(threshold))


def lend_spectra(other: Tensor, own_plant: Tensor, other_plant: Tensor) -> Tensor:
    r"""Return the leaves and the background of other samples in the places of one's own.

    .. math:: r_{byx} = \begin{cases} \frac{1}{|P'|} \sum_{(v,u) \in P'} x'_{bvu} & (y, x) \in P \\
              \frac{1}{|\bar P'|} \sum_{(v,u) \notin P'} x'_{bvu} & (y, x) \notin P \end{cases}

    with :math:`x'` the other sample, and P, P' the pixels of plants in both. Compared pixel by pixel, a leaf
    would lie over the soil of the other sample, and the largest difference of all would be that there is one.
    Where the other sample has no pixels of a kind that is needed, it is taken as it is.

    Shapes: ``other``: ``[N, band, y, x]``; ``own_plant``, ``other_plant``: ``[N, y, x]`` bool; result as
    ``other``.

    Args:
        other: The other samples.
        own_plant: Pixels of plants in one's own samples.
        other_plant: Pixels of plants in the other ones.
    """
    plant, ground = (_average(other, mask) for mask in (other_plant, ~other_plant))
    lent = torch.where(own_plant[:, None], plant[..., None, None], ground[..., None, None])
    lacks = (own_plant.flatten(1).any(1) & ~other_plant.flatten(1).any(1)) | (
        ~own_plant.flatten(1).all(1) & other_plant.flatten(1).all(1)
    )
    return torch.where(lacks[:, None, None, None], other, lent)


def _average(x: Tensor, mask: Tensor) -> Tensor:
    """Return the mean spectrum of the marked pixels, ``[N, band]``; 0 where there are none."""
    weight = mask[:, None].to(x.dtype)
    total = weight.flatten(2).sum(2).clamp(min=1)
    return (x * weight).flatten(2).sum(2) / total
