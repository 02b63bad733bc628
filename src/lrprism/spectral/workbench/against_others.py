"""Relevance of samples against samples of other classes: what tells their class from the others."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from lrprism.spectral.bands.areas import PlantMask
from lrprism.spectral.bands.statistics import PLANT_NDVI, RESOLUTION, sum_pixels
from lrprism.spectral.cubes.patches import PatchSet
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.patch_explainer import PatchExplainer
from lrprism.spectral.workbench.references import OTHERS
from lrprism.spectral.workbench.sources import network_inputs

AT_ONCE: Final = 16
"""Samples that are explained at a time."""


@dataclass(frozen=True, eq=False)
class OtherClasses:
    """Samples, each with a sample of another class that it is compared with.

    Args:
        numbers: Numbers of the samples.
        classes: The class that each is explained for.
        partners: For each the number of a sample that is explained for another class.
        plant: Tells plants from the background; None where nothing does.
    """

    numbers: Numbers
    classes: Numbers
    partners: Numbers
    plant: PlantMask | None

    @classmethod
    def draw(cls, spectra: xr.Dataset, numbers: Numbers, most: int, seed: int = 0) -> "OtherClasses | None":
        """Draw for some samples of each explained class a sample of another, each other class as likely.

        Args:
            spectra: The :func:`lrprism.spectral.sample_spectra` of the samples.
            numbers: Their numbers.
            most: Most samples of a class, the first ones.
            seed: Seed of the draws.

        Returns:
            None where one class alone is explained.
        """
        classes = spectra["target"].values
        members = {int(number): np.flatnonzero(classes == number) for number in np.unique(classes)}
        if len(members) < 2:
            return None
        generator = np.random.default_rng(seed)
        chosen = np.concatenate([of_class[:most] for of_class in members.values()])
        partners = [
            generator.choice(members[int(generator.choice([other for other in members if other != own]))])
            for own in classes[chosen].tolist()
        ]
        threshold = spectra.attrs.get(PLANT_NDVI)
        wavelength = spectra["wavelength"].values
        plant = None if threshold is None else PlantMask.at(wavelength, float(threshold))
        return cls(numbers[chosen], classes[chosen], numbers[partners], plant)

    def thin(self, most: int) -> "OtherClasses":
        """Return at most so many of the samples, evenly spread."""
        step = -(-len(self.numbers) // most)
        numbers, classes, partners = (each[::step] for each in (self.numbers, self.classes, self.partners))
        return OtherClasses(numbers, classes, partners, self.plant)

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
            explained, _ = explainer.explain_patches(asked, reference=self._compare(own, other))
            explained = explained.assign(label=own["label"]).assign_attrs({RESOLUTION: nm})
            pieces.append(sum_pixels(explained, self.plant))
        return xr.concat(pieces, "sample", combine_attrs="override")

    def _compare(self, own: PatchSet, other: PatchSet) -> Tensor:
        """Return what patches are compared with."""
        if self.plant is None:
            return network_inputs(other)
        masks = (torch.from_numpy(self.plant.mark(each["patch"]).values) for each in (own, other))
        return lend_spectra(network_inputs(other), *masks)


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
