"""Images of leaves whose class lies in a trait or in planted features."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lrprism.spectral.simulate.alterations import ARTEFACT_HEIGHT
from lrprism.spectral.simulate.arrays import Floats, Mask, Numbers
from lrprism.spectral.simulate.dealing import deal_classes
from lrprism.spectral.simulate.features import stack_profiles
from lrprism.spectral.simulate.leaf_settings import LEAF_DEPTH, LeafSettings
from lrprism.spectral.simulate.leaf_shape import draw_leaf
from lrprism.spectral.simulate.plan import Plan, PlantSettings, draw_plan, weigh_bands
from lrprism.spectral.simulate.prospect import leaf_optics
from lrprism.spectral.simulate.spectra import name_parts
from lrprism.spectral.simulate.surroundings import camera_noise, draw_soil
from lrprism.spectral.simulate.traits import TRAITS, draw_traits
from lrprism.spectral.simulate.truth import PARTS, PlantedData, Truth

_TEXTURE: Final = 0.03  # relative, from pixel to pixel
_LIGHT: Final = 0.15  # relative spread of the light on the leaves that the depth is measured by
_REFERENCE_LEAVES: Final = 256
_STRIPE: Final = 0.5  # reflectance of the stripe, in all bands
_NOISE_MEAN, _NOISE_SPREAD = 0.1, 0.03
_DRAFT, _LEAVES, _IMAGES = 11, 12, 13  # streams of random numbers, apart from each other under one seed


@dataclass(frozen=True, eq=False)
class LeafImages:
    """Some of the images of a draft, and where the class is in them.

    Shapes: ``x``: ``[sample, band, y, x]``; the others ``[sample, y, x]``.

    Args:
        x: Reflectance.
        leaf: Share of leaf in each pixel.
        region: Pixels that carry the class: at least half of them lies in the part of the leaf that does.
        stripe: Pixels of the stripe.
    """

    x: Floats
    leaf: Floats
    region: Mask
    stripe: Mask


@dataclass(frozen=True, eq=False)
class LeafDraft:
    """All that is drawn before the first image: classes, leaves, features. Images follow one by one.

    An image depends on the draft and its own number alone, so that they can be drawn in pieces of any size.
    Shapes: ``part``: ``[sample]``; ``leaf``: ``[sample, band]``; ``bump``: ``[sample, band]``; ``spread``,
    ``wavelengths``: ``[band]``.

    Args:
        settings: The settings.
        wavelengths: Centre of each band in nm.
        part: Part of each sample.
        plan: What is planted in which sample.
        leaf: Reflectance of each leaf.
        bump: What the features add to it.
        spread: Standard deviation of each band over leaves under different light, noise included.
    """

    settings: LeafSettings
    wavelengths: Numbers
    part: npt.NDArray[np.str_]
    plan: Plan
    leaf: Numbers
    bump: Numbers
    spread: Numbers

    def draw_images(self, rows: npt.NDArray[np.int64] | range) -> LeafImages:
        """Draw the images of these samples."""
        images = [self._draw_image(int(row)) for row in rows]
        x, leaf, region, stripe = (np.stack(values) for values in zip(*images, strict=True))
        return LeafImages(x.astype(np.float32), leaf.astype(np.float32), region, stripe)

    def state_truth(
        self, leaf: Floats | None = None, region: Mask | None = None, stripe: Mask | None = None
    ) -> Truth:
        """Return the truth about the samples.

        Args:
            leaf: Share of leaf in each pixel of all images, where they are drawn already.
            region: Pixels that carry the class.
            stripe: Pixels of the stripe; not of use where the confounder is another.
        """
        plan, planting = self.plan, self.settings.planting
        is_stripe = planting.confounder == "stripe"
        return Truth(
            plan.features,
            self.wavelengths,
            self._weigh_bands(),
            plan.strength.astype(np.float32),
            plan.noise,
            plan.artefact | is_stripe,
            plan.confounded,
            leaf,
            region,
            stripe if is_stripe else None,
            self.settings.parameters(),
        )

    def _weigh_bands(self) -> Numbers:
        if self.settings.trait is None:
            return weigh_bands(self.plan.features, self.wavelengths)
        weight = weigh_trait(self.settings.trait, self.wavelengths)
        return np.where(self.plan.noise, 0.0, weight)

    def _draw_image(self, row: int) -> tuple[Numbers, Numbers, Mask, Mask]:
        """Draw one image: leaf over soil under light, then what the camera does to it."""
        generator = np.random.default_rng([self.settings.planting.seed, _IMAGES, row])
        window = self.settings.window
        picture = draw_leaf(window, generator)
        stripe = np.zeros((window, window), dtype=np.bool_)
        if self.settings.planting.confounder == "stripe" and self.plan.confounded[row]:
            stripe[:, : max(1, round(window / 12))] = True
        # the stripe lies over leaf and soil
        share, tip = np.where(stripe, 0, picture.share), np.where(stripe, 0, picture.tip)
        soil = draw_soil(self.wavelengths, 1, generator)[0]
        texture = 1 + _TEXTURE * generator.standard_normal((window, window))
        x = _spread_out(self.leaf[row], share * picture.light)
        x += _spread_out(self.bump[row], tip * picture.light)
        x += _spread_out(soil, np.where(stripe, 0, 1 - share) * picture.light_on_ground)
        x = (x + _STRIPE * stripe) * texture
        self._record(x, row, generator)
        carries = share if self.settings.trait is not None else tip
        return x, share, carries >= 1 / 2, stripe

    def _record(self, x: Numbers, row: int, generator: np.random.Generator) -> None:
        """Add, in place, what the camera does: noise, dead bands, an artefact."""
        x += _spread_out(camera_noise(self.wavelengths), np.ones(x.shape[1:])) * generator.standard_normal(
            x.shape
        )
        dead = self.plan.noise
        x[dead] = _NOISE_MEAN + _NOISE_SPREAD * generator.standard_normal((int(dead.sum()), *x.shape[1:]))
        if self.plan.confounded[row]:
            artefact = self.plan.artefact
            x[artefact] += ARTEFACT_HEIGHT * self.spread[artefact][:, None, None]
        np.maximum(x, 0, out=x)  # as calibrated reflectance is delivered


def draft_leaves(part: npt.NDArray[np.str_], settings: LeafSettings) -> LeafDraft:
    """Draw classes, leaves and features; the images are drawn by the draft.

    Args:
        part: Part of each sample, one of :data:`PARTS`; the classes are balanced within each.
        settings: The settings.

    Raises:
        InputError: If there are too few samples, or no room for the features.
    """
    planting, wavelengths = settings.planting, settings.wavelengths
    generator = np.random.default_rng([planting.seed, _DRAFT])
    samples = np.arange(len(part))
    y = deal_classes(
        np.array([PARTS.index(name) for name in part.tolist()]), samples, planting.classes, generator
    )
    plan = draw_plan(planting, y, part == "test", wavelengths, generator, plants=settings.trait is None)
    leaves = np.random.default_rng([planting.seed, _LEAVES])
    spread = _measure_spread(wavelengths, leaves)
    traits = draw_traits(len(part), leaves, trait=settings.trait, y=y, classes=planting.classes)
    profiles = stack_profiles(plan.features, wavelengths)
    centres = [int(np.abs(wavelengths - feature.centre).argmin()) for feature in plan.features]
    bump = (planting.depth * spread[centres] * plan.strength) @ profiles
    return LeafDraft(
        settings, wavelengths, part, plan, leaf_optics(traits, wavelengths).reflectance, bump, spread
    )


def weigh_trait(trait: str, wavelengths: Numbers) -> Numbers:
    r"""Return how much each band changes with a trait, as a share of the most.

    .. math:: w_b = \frac{|R_b(high) - R_b(low)|}{\max_{b'} |R_{b'}(high) - R_{b'}(low)|}

    at both ends of the trait's range, all others at their mean. Shapes: ``[band]``.
    """
    ends = leaf_optics({trait: [TRAITS[trait].low, TRAITS[trait].high]}, wavelengths).reflectance
    change = np.abs(ends[1] - ends[0])
    return np.asarray(change / change.max())


def planted_patches(
    *,
    train: int = 2000,
    validation: int = 300,
    test: int = 600,
    window: int = 9,
    bands: int = 60,
    trait: str | None = None,
    depth: float = LEAF_DEPTH,
    **changes: Any,
) -> PlantedData:
    """Draw images of leaves whose class lies in a trait, or in features planted into the half at the tip.

    Leaves by PROSPECT-D, of random place and direction, over soil, under uneven light, with mixed pixels at
    their edge and more noise in the outer bands; 400 to 1000 nm, evenly spaced.

    Args:
        train: Samples for training.
        validation: Samples for validation.
        test: Samples for testing.
        window: Side of the images in pixels.
        bands: Number of bands.
        trait: Trait that tells the classes apart; None for planted features.
        depth: Height of the features, see :class:`PlantSettings`.
        **changes: Settings of :class:`PlantSettings` to change.

    Returns:
        The data, ``x`` in reflectance ``[sample, band, y, x]``, with its truth.

    Raises:
        InputError: If a setting is impossible, or there are too few samples.

    Example:
        >>> data = planted_patches(train=8, validation=4, test=4, seed=1)
        >>> data.x.shape, data.truth.region.shape
        ((16, 60, 9, 9), (16, 9, 9))
    """
    settings = LeafSettings(PlantSettings(depth=depth, **changes), trait, window, bands, 400.0, 1000.0)
    draft = draft_leaves(name_parts(train, validation, test), settings)
    images = draft.draw_images(range(len(draft.part)))
    truth = draft.state_truth(images.leaf, images.region, images.stripe)
    return PlantedData(images.x, draft.plan.y, draft.wavelengths, draft.part, truth)


def _measure_spread(wavelengths: Numbers, generator: np.random.Generator) -> Numbers:
    leaves = leaf_optics(draw_traits(_REFERENCE_LEAVES, generator), wavelengths).reflectance
    light = 1 + _LIGHT * generator.standard_normal((_REFERENCE_LEAVES, 1))
    return np.asarray(np.hypot((light * leaves).std(axis=0), camera_noise(wavelengths)))


def _spread_out(spectrum: Numbers, picture: Numbers) -> Numbers:
    """Return a spectrum times a picture, ``[band, y, x]``."""
    return spectrum[:, None, None] * picture
