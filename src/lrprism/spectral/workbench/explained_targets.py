"""The output of a network that is explained: a class, or a trait."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from lrprism.attribution.seeds import AbstractTarget, cut, seed_of
from lrprism.attribution.target import side
from lrprism.errors import InputError
from lrprism.spectral.bands.class_codes import find_class, list_numbers
from lrprism.spectral.bands.statistics import TARGET_RANGE
from lrprism.spectral.training.tasks.regression import Regression
from lrprism.spectral.training.tasks.segmentation import Segmentation
from lrprism.spectral.training.tasks.task import AbstractTask
from lrprism.spectral.workbench.explained_regions import RegionMean


@final
@dataclass(frozen=True, eq=False)
class NetworkClass(AbstractTarget):
    """A class of a trained network, which tells two classes apart by one logit or by one for each.

    Args:
        number: The class of all samples, or one per sample; None for the predicted ones.
    """

    number: Tensor | int | None

    def seed(self, output: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the seed of the class: of one logit, the logit for class 1 and minus the logit for class 0.

        Args:
            output: The output of the network.
        """
        return seed_of(output, side(self.number) if output.shape[1] == 1 else self.number)

    def cut(self, rows: slice, count: int) -> "NetworkClass":
        """Return the classes of some samples."""
        return NetworkClass(cut(self.number, rows, count))


def class_target(
    target: str, labels: np.ndarray[Any, Any], class_names: Sequence[str]
) -> Tensor | int | None:
    """Read a target in words.

    Args:
        target: ``"predicted"``, ``"true"``, the number of a class or its name.
        labels: True class of each sample, -1 where it is not known.
        class_names: Name of each class, class 0 first.

    Returns:
        None for the predicted classes, else the class or classes.

    Raises:
        InputError: If it is neither a word nor a class, or the true class of a sample is not known.
    """
    if target == "predicted":
        return None
    if target == "true":
        unknown = int((labels < 0).sum())
        if unknown:
            raise InputError(
                f"target 'true' should be asked for samples whose class is known. Found {unknown} without. "
                "Take --target predicted, or name a class."
            )
        return torch.from_numpy(labels)
    number = find_class(target, class_names, ())
    if number is None:
        raise InputError(
            f"target should be predicted, true, a class number from 0 to {len(class_names) - 1}, or one of "
            f"{', '.join(class_names)}. Found '{target}'."
        )
    return number


@final
@dataclass(frozen=True, eq=False)
class TraitValue(AbstractTarget):
    """A trait that a network predicts, with its sign, whether it predicts one or several.

    Args:
        number: The number of the trait.
    """

    number: int

    def seed(self, output: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the seed of the trait: 1 for its output, 0 for the others.

        Args:
            output: The output of the network, ``[N, trait]``.
        """
        seed = torch.zeros_like(output)
        seed[:, self.number] = 1
        return seed, torch.full((len(output),), self.number, device=output.device)


def choose_target(target: str | None, task: AbstractTask, codes: Sequence[int] = ()) -> str:
    """Return a target in words; without one the predicted class, or the only trait.

    Args:
        target: What the user asks for.
        task: What the network learned.
        codes: Code of each class in the labels of the training; none where they are words.

    Returns:
        ``"predicted"``, ``"true"``, or the name of a class; the name or the number of a trait.

    Raises:
        InputError: If it is no class or trait of the network, or one of several traits has to be named.
    """
    if not isinstance(task, Regression):
        if target is None or target in {"predicted", "true"}:
            return target or "predicted"
        number = find_class(target, task.names, codes)
        if number is None:
            raise InputError(
                f"target should be predicted, true, one of {', '.join(task.names)}, or "
                f"{list_numbers(task.names, codes)}. Found '{target}'."
            )
        return task.names[number]
    if target is None and len(task.names) > 1:
        raise InputError(
            f"the trait to explain should be named, where a network predicts several. Found none named. Give "
            f"--target with one of {', '.join(task.names)}."
        )
    chosen = "0" if target is None else target
    choose_trait(chosen, task)
    return chosen


def choose_trait(target: str, task: Regression) -> int:
    """Return the number of a trait.

    Args:
        target: Its name, in any case, or its number.
        task: The regression.

    Raises:
        InputError: If there is no such trait.
    """
    names = [name.casefold() for name in task.names]
    # a name first: a trait may be called "2"
    if target.casefold() in names:
        return names.index(target.casefold())
    if target.isdecimal() and int(target) < len(names):
        return int(target)
    why = ", a target of classes" if target in {"predicted", "true"} else ""
    raise InputError(
        f"target should be a trait that the network predicts: {', '.join(task.names)}, or its number from 0. "
        f"Found '{target}'{why}. Name a trait, or leave --target out where there is one."
    )


def find_target_range(target: str, task: AbstractTask, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attribute of relevance with the range of the training targets of the explained trait.

    Args:
        target: The trait.
        task: What the network learned.
        record: The record of the training.

    Returns:
        Nothing for classes, nor where the training part of a network that was taken over is not known.
    """
    ranges = record.get(TARGET_RANGE)
    if not ranges or not isinstance(task, Regression):
        return {}
    return {TARGET_RANGE: ranges[choose_trait(target, task)]}


def read_target(
    target: str,
    task: AbstractTask,
    labels: np.ndarray[Any, Any],
    pixels: np.ndarray[Any, Any] | None = None,
) -> AbstractTarget:
    """Read a target in words.

    Args:
        target: A class or a trait.
        task: What the network learned.
        labels: True class of each sample.
        pixels: For a segmentation the true class of each pixel of the windows, ``[sample, y, x]``; None where
            the decision on the centre pixel alone is explained.

    Raises:
        InputError: If it is neither a word nor an output of the network.
    """
    if isinstance(task, Regression):
        return TraitValue(choose_trait(target, task))
    number = class_target(target, labels, task.names)
    if not isinstance(task, Segmentation):
        return NetworkClass(number)
    if pixels is None:
        return RegionMean(number, only_centre=True)
    return RegionMean(number, torch.from_numpy(pixels) if target == "true" else None)
