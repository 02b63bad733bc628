"""The contract of a preprocessing step: built from words, fitted to data, its output known beforehand."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias, final

import numpy as np
import numpy.typing as npt
from torch import nn

from lrprism.errors import InputError
from lrprism.spectral.preprocessing.moments import Batches

Wavelengths: TypeAlias = npt.NDArray[np.float64]
"""Centre of each band in nm, ``[band]``."""


@final
@dataclass(frozen=True, eq=False)
class StepInput:
    """Data as a step gets them, behind the steps before it.

    Args:
        bands: Number of bands.
        wavelength: Centre of each band in nm, ``[band]``; None for principal components, which have none.
        patches: The training part, ``[N, band, ...]``, for a step to be fitted to. Without it, buffers that
            depend on data hold placeholders, for saved ones to be loaded over.
    """

    bands: int
    wavelength: Wavelengths | None = None
    patches: Batches | None = None

    def require_wavelengths(self, step: str) -> Wavelengths:
        """Return the wavelengths for a step that cannot do without.

        Raises:
            InputError: If there are none.
        """
        if self.wavelength is None:
            raise InputError(
                f"{step} needs the wavelength of each band. Found principal components. Put it before pca."
            )
        return self.wavelength


class AbstractStep(nn.Module, ABC):
    """A layer without weights to train that acts on axis 1 of ``[N, band, ...]``, the bands.

    Shape and wavelengths of its output follow from those of its input, without data.
    """

    @classmethod
    @abstractmethod
    def from_words(cls, words: str, data: StepInput) -> Self:
        """Build the step from its words on the command line.

        Args:
            words: The text behind the name of the step and a colon: ``"11:2"`` of ``savgol:11:2``.
            data: What the step gets.

        Raises:
            InputError: If the words cannot be read or ask for something impossible.
            DataError: If the step cannot be fitted, as where no band varies.
        """

    @classmethod
    def resolve_words(cls, words: str) -> str:
        """Return the words with the path of a file replaced by its content."""
        return words

    def hidden_bands(self) -> tuple[int, ...]:
        """Return the bands of the input that the step turns to 0 in all data."""
        return ()

    def output_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """Return the shape of the output, from that of the input, ``[N, band, ...]``."""
        return tuple(shape)

    def output_wavelengths(self, wavelength: Wavelengths) -> Wavelengths | None:
        """Return the wavelengths in nm behind the step, from those before it; None if there are none."""
        return wavelength


class AbstractFittedStep(AbstractStep):
    """A step whose numbers are statistics of the training part."""

    @classmethod
    @abstractmethod
    def fit(cls, patches: Batches) -> Self:
        """Work out the numbers of the step from the training part, over all samples and pixels.

        Args:
            patches: One tensor or batches, ``[N, band, ...]``, in the data's units.

        Raises:
            DataError: If no band varies, or there is no batch, or batches differ in their bands.
            InputError: If a batch is no float tensor with finite pixels.
        """

    @classmethod
    @abstractmethod
    def placeholder(cls, bands: int) -> Self:
        """Build the step with numbers that saved ones are loaded over."""

    @classmethod
    def from_words(cls, words: str, data: StepInput) -> Self:
        """Build the step, which takes no words."""
        check_no_words(words)
        return cls.placeholder(data.bands) if data.patches is None else cls.fit(data.patches)


def replace_bands(shape: Sequence[int], bands: int) -> tuple[int, ...]:
    """Return the shape ``[N, band, ...]`` with another number of bands."""
    return (shape[0], bands, *shape[2:])


def check_no_words(words: str) -> None:
    """Refuse words behind the name of a step that takes none.

    Raises:
        InputError: If there are any.
    """
    if words:
        raise InputError(f"this step takes no numbers. Found '{words}'. Leave them out.")


def read_whole_numbers(words: str, *, least: int, most: int, example: str) -> list[int]:
    """Read ``least`` to ``most`` whole numbers with colons between, such as ``"11:2"``.

    Raises:
        InputError: If there are others; the message shows ``example``.
    """
    numbers = words.split(":")
    if not least <= len(numbers) <= most or not all(number.isdecimal() for number in numbers):
        raise InputError(f"the numbers of this step should read like {example}. Found '{words}'.")
    return [int(number) for number in numbers]
