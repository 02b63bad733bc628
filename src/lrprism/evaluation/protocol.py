"""Settings of a judgement: regions, imputers, output, samples, seeds; and the truth where it is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import torch
from torch import Tensor

from lrprism.errors import InputError
from lrprism.evaluation.bootstrap import Bootstrap
from lrprism.evaluation.conditional import GaussianConditional
from lrprism.evaluation.imputers import AbstractImputer, Constant, Interpolation, Swap
from lrprism.evaluation.predict import Output
from lrprism.evaluation.regions import Regions, bands, grid, read_axis

_FEWEST_REGIONS: Final = 5
"""A ranking of fewer regions says little: of two there are two."""


@dataclass(frozen=True, eq=False)
class Protocol:
    """The settings of a judgement.

    Args:
        regions: What is removed together.
        imputers: What takes its place; the first should be matched to the reference of the methods.
        output: The output of the target that is followed: probability or logit.
        noise: Standard deviation of the sensor's noise, in the unit of the samples, a number or a tensor that
            broadcasts with one sample; None leaves sensitivity out.
        bootstrap: How intervals are drawn; its seed is the seed of all that is drawn.
        greedy: Samples of which the greedy ceiling is searched; 0 leaves it out.
        few: Samples of the tests that explain again: random logit, randomisation, sensitivity.
        at_least: Fewer correct samples are named.
        axis: The axis of the bands.
    """

    regions: Regions
    imputers: Sequence[AbstractImputer]
    output: Output = "probability"
    noise: Tensor | float | None = None
    bootstrap: Bootstrap = field(default_factory=Bootstrap)
    greedy: int = 20
    few: int = 100
    at_least: int = 200
    axis: int = 1

    def __post_init__(self) -> None:
        """Check the imputers and the numbers of samples.

        Raises:
            InputError: If there is no imputer, one is something else, or two have one name; or if a number of
                samples is too small.
        """
        if self.greedy < 0 or self.few < 1:
            raise InputError(
                "greedy should be at least 0 samples, and few at least 1. "
                f"Found greedy={self.greedy}, few={self.few}."
            )
        odd = [imputer for imputer in self.imputers if not isinstance(imputer, AbstractImputer)]
        names = [imputer.name for imputer in self.imputers if isinstance(imputer, AbstractImputer)]
        if odd or not names or len({*names}) < len(names):
            description = repr(odd[0]) if odd else f"the names {', '.join(names) or '(none)'}"
            raise InputError(
                "imputers should be at least one of Constant, Interpolation, GaussianConditional, Swap or a "
                f"class of your own on AbstractImputer, each with a name of its own. Found {description}. "
                "Try Protocol.for_bands(training_samples)."
            )

    @classmethod
    def for_bands(
        cls,
        samples: Tensor,
        width: int = 5,
        *,
        wavelengths: Tensor | None = None,
        reference: Tensor | None = None,
        axis: int = 1,
        seed: int = 0,
    ) -> Protocol:
        """Build the protocol of spectra and spectral patches: windows of bands, four imputers.

        Args:
            samples: Training samples, ``[S, ...]``.
            width: Bands per window.
            wavelengths: Position of each band in nm; evenly spaced if not given.
            reference: The reference of the methods, which the first imputer is matched to; the mean of the
                training samples if not given.
            axis: The axis of the bands.
            seed: Seed of all that is drawn.
        """
        neutral = samples.mean(0) if reference is None else reference
        axis = read_axis(axis, samples)
        return cls(
            bands(samples, width, axis),
            (
                Constant(neutral),
                Interpolation(neutral, wavelengths, axis),
                GaussianConditional(samples, axis=axis),
                Swap(samples, seed=seed),
            ),
            bootstrap=Bootstrap(seed=seed),
            axis=axis,
        )

    @classmethod
    def for_images(
        cls, samples: Tensor, size: int, *, reference: Tensor | None = None, seed: int = 0
    ) -> Protocol:
        """Build the protocol of images: squares, the reference and a swap with other images.

        Args:
            samples: Training images, ``[S, channels, y, x]``.
            size: Side of a square in pixels.
            reference: The reference of the methods; the mean of the training images if not given.
            seed: Seed of all that is drawn.
        """
        neutral = samples.mean(0) if reference is None else reference
        imputers = (Constant(neutral), Swap(samples, seed=seed))
        return cls(grid(samples, size), imputers, bootstrap=Bootstrap(seed=seed), axis=samples.dim() - 1)

    def choose_rows(self, count: int, wanted: int) -> Tensor:
        """Return the numbers of some of ``count`` samples, drawn once, in order."""
        generator = torch.Generator().manual_seed(self.bootstrap.seed)
        return torch.randperm(count, generator=generator)[:wanted].sort().values

    def note_regions(self) -> list[str]:
        """Return what speaks against a ranking of these regions, one line each."""
        count, sizes = self.regions.count, self.regions.sizes
        few = (
            f"only {count} regions are ranked: with fewer than {_FEWEST_REGIONS} a ranking says little, and "
            "chance beats many. Remove fewer features together"
        )
        low, high = int(sizes.min()), int(sizes.max())
        unequal = (
            f"regions are of {low} to {high} features, and ranked by the sum: maps without a sign, as the "
            "controls but random, put the larger ones first"
        )
        return [*([few] if count < _FEWEST_REGIONS else []), *([unequal] if low < high else [])]

    def describe(self) -> list[str]:
        """Return the protocol, one line per setting."""
        imputers = ", ".join(
            imputer.name + (f" (mean of {imputer.draws} draws)" if imputer.draws > 1 else "")
            for imputer in self.imputers
        )
        return [
            f"output: {self.output} of the true class",
            f"removed together: {self.regions.description}, ranked by the sum of relevance",
            f"imputers, from the original at each step: {imputers}",
            f"greedy ceiling: {self.greedy} samples; tests that explain again: at most {self.few} samples",
            f"intervals: {self.bootstrap.level:.0%}, {self.bootstrap.resamples} resamples of the samples, "
            f"seed {self.bootstrap.seed}",
        ]


@dataclass(frozen=True, eq=False)
class Truth:
    """Knowledge of the features, where the data are planted.

    Args:
        mask: The features that carry the class, bool, ``[features]`` or of the shape of one sample.
        positions: Position of each feature, such as nm.
        blind: A feature that was shuffled in training and tells the class in the samples that are explained.
        used: The features that the network was given to learn from, for the blind-feature test.
        groups: Groups of features to look for relevance in, such as a possible confounder, by name.
    """

    mask: Tensor | None = None
    positions: Tensor | None = None
    blind: Tensor | None = None
    used: Tensor | None = None
    groups: Mapping[str, Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that the blind-feature test has both of its masks.

        Raises:
            InputError: If one is given without the other.
        """
        if (self.blind is None) != (self.used is None):
            raise InputError(
                "blind and used should be given together. "
                f"Found {'used' if self.blind is None else 'blind'} alone. "
                "Name the features that the network was given to learn from."
            )
