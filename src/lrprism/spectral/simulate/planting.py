"""Plant features into data of any origin, so that what carries the class is known."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from lrprism.errors import InputError
from lrprism.spectral.simulate.alterations import (
    add_artefact,
    add_features,
    measure_spread,
    replace_by_noise,
)
from lrprism.spectral.simulate.arrays import Mask, Numbers
from lrprism.spectral.simulate.checks import check_labels, check_parts, check_region, check_samples
from lrprism.spectral.simulate.dealing import deal_classes
from lrprism.spectral.simulate.plan import Plan, PlantSettings, draw_plan, weigh_bands
from lrprism.spectral.simulate.truth import PlantedData, Truth


def plant(
    x: npt.ArrayLike,
    y: npt.ArrayLike | None,
    wavelengths: npt.ArrayLike,
    settings: PlantSettings | None = None,
    *,
    pixels: npt.ArrayLike | None = None,
    part: npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
    **changes: Any,
) -> PlantedData:
    r"""Plant Gaussian features into samples and give them new classes, which these features alone carry.

    .. math:: x'_{sb}(p) = x_{sb}(p) + d \sum_j \sigma_j a_{sj} G_j(\lambda_b) \quad
              \text{for the pixels p of the region}

    with the depth :math:`d`, the strength :math:`a_{sj}` of feature j in sample s (:func:`draw_strengths`),
    its profile :math:`G_j` and the standard deviation :math:`\sigma_j` of the band nearest its centre over
    the samples and pixels of the region. New classes are dealt evenly within each old class, so that nothing
    natural carries them.
    Shapes: ``x``: ``[sample, band]`` or ``[sample, band, y, x]``; ``y``, ``part``, ``groups``: ``[sample]``;
    ``wavelengths``: ``[band]``; ``pixels``: ``[y, x]`` or ``[sample, y, x]``.

    Args:
        x: The samples, raw; they stay as they are, a copy is planted into.
        y: Their old classes; None if there are none.
        wavelengths: Centre of each band in nm, in any order.
        settings: What to plant.
        pixels: The region, where the features go; by default all pixels.
        part: Part of each sample, of :data:`PARTS`; by default all are for training.
        groups: Samples of one group, such as the pixels of one field, get one new class.
        **changes: Settings to change, by their names in :class:`PlantSettings`.

    Returns:
        The planted data with its truth.

    Raises:
        DataError: If an array has another shape than it should, or holds NaN.
        InputError: If a setting is impossible, or there are too few samples for the classes.
    """
    settings = replace(settings or PlantSettings(), **changes)
    if settings.confounder == "stripe":
        raise InputError(
            "a stripe should be planted into leaves with a background. Found other data. Use "
            "confounder='band'."
        )
    natural, centre = check_samples(x, wavelengths)
    region = check_region(pixels, natural)
    parts = check_parts(part, len(natural))
    generator = np.random.default_rng(settings.seed)
    group = np.arange(len(natural)) if groups is None else check_labels(groups, len(natural), "groups")
    old = np.zeros(len(natural), np.int64) if y is None else check_labels(y, len(natural), "y")
    new = deal_classes(old, group, settings.classes, generator)
    plan = draw_plan(settings, new, parts == "test", centre, generator, group)
    height = settings.depth * measure_spread(natural, region, plan.features, centre) * plan.strength
    planted = add_features(natural, height, plan.features, centre, region)
    replace_by_noise(planted, plan.noise, generator)
    add_artefact(planted, plan.artefact, plan.confounded)
    return PlantedData(planted, new, centre, parts, state_truth(plan, centre, settings, region))


def state_truth(
    plan: Plan, wavelengths: Numbers, settings: PlantSettings, region: Mask | None = None
) -> Truth:
    """Return the truth about samples that a plan was carried out in.

    Shapes: ``wavelengths``: ``[band]``; ``region``: ``[sample, y, x]``.
    """
    width = plan.features[0].fwhm if plan.features else None
    return Truth(
        plan.features,
        wavelengths,
        weigh_bands(plan.features, wavelengths),
        plan.strength.astype(np.float32),
        plan.noise,
        plan.artefact,
        plan.confounded,
        region=region,
        parameters={**vars(settings), "fwhm_nm": width},
    )
