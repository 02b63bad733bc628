"""The contract of a step: what a subclass says of itself, and words that are no numbers."""

from typing import Self

import numpy as np
import pytest
import torch
from torch import Tensor

from lrprism.errors import InputError
from lrprism.spectral.preprocessing import AbstractFittedStep, AbstractStep, StepInput
from lrprism.spectral.preprocessing.moments import Batches
from lrprism.spectral.preprocessing.step import check_no_words, read_whole_numbers, replace_bands


class Largest(AbstractFittedStep):
    """Divide by the largest value of the training part."""

    def __init__(self, largest: Tensor) -> None:
        super().__init__()
        self.register_buffer("largest", largest)

    @classmethod
    def fit(cls, patches: Batches) -> Self:
        return cls(torch.cat(list(patches)).max())

    @classmethod
    def placeholder(cls, bands: int) -> Self:
        return cls(torch.tensor(float(bands)))


def test_a_step_says_how_it_is_built() -> None:
    with pytest.raises(TypeError, match="abstract"):
        AbstractStep()  # type: ignore[abstract]


def test_a_step_is_fitted_where_there_is_a_training_part() -> None:
    batches = iter([torch.tensor([[1.0, 2.0]]), torch.tensor([[7.0, 3.0]])])
    assert Largest.from_words("", StepInput(2, patches=batches)).largest == 7
    assert Largest.from_words("", StepInput(2)).largest == 2
    with pytest.raises(InputError, match=r"^this step takes no numbers\. Found '3'\. Leave them out\.$"):
        Largest.from_words("3", StepInput(2))


def test_bands_stay_as_they_are_unless_a_step_says_otherwise() -> None:
    step = Largest.placeholder(4)
    nm = np.linspace(400.0, 700.0, 4)
    assert step.output_shape((5, 4, 3, 3)) == (5, 4, 3, 3)
    assert step.output_wavelengths(nm) is nm
    assert step.resolve_words("3:4") == "3:4"
    assert replace_bands((5, 4, 3, 2), 1) == (5, 1, 3, 2)
    assert replace_bands((5, 4), 2) == (5, 2)


@pytest.mark.parametrize("words", ["", "3", "3:4:5", "3:x", "-3:4", "3.5:4", "3:"])
def test_words_that_are_no_whole_numbers_are_refused(words: str) -> None:
    assert read_whole_numbers("3:40", least=2, most=2, example="step:3:40") == [3, 40]
    with pytest.raises(InputError, match=rf"^the numbers of this step .* step:3:40\. Found '{words}'\.$"):
        read_whole_numbers(words, least=2, most=2, example="step:3:40")


def test_no_words_are_none() -> None:
    check_no_words("")
