"""What is explained: the seed of the backward pass."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, final

import torch
from torch import Tensor

from lrprism._errors import TargetError


@final
@dataclass(frozen=True)
class Each:
    """Several classes, each explained for every sample; see :func:`each`."""

    classes: tuple[int, ...]


Target = int | Sequence[int] | Tensor | Literal["all"] | Each | Callable[[Tensor], Tensor] | None
"""See :func:`seeds`."""


def each(*classes: int) -> Each:
    """Explain several classes of every sample with one forward pass; relevance gets a leading class axis.

    Args:
        classes: The classes, such as ``each(0, 3)``.

    Raises:
        TargetError: If there is none, or one is no whole number.
    """
    if not classes:
        raise TargetError("each() should name at least one class. Found none. Try each(0, 1).")
    if not all(isinstance(number, int) for number in classes):
        raise TargetError(f"each() should name whole numbers. Found {classes!r}. Try each(0, 1).")
    return Each(tuple(classes))


@final
@dataclass(frozen=True, eq=False)
class Contrast:
    """One class against another; see :func:`contrast`."""

    for_class: int | Sequence[int] | Tensor
    against: int | Sequence[int] | Tensor

    def __call__(self, output: Tensor) -> Tensor:
        """Return the seed: 1 at the one logit, -1 at the other."""
        return _seed(output, _classes(output, self.for_class)) - _seed(output, _classes(output, self.against))


def contrast(for_class: int | Sequence[int] | Tensor, against: int | Sequence[int] | Tensor) -> Contrast:
    """Explain what speaks for one class and against another: the difference of their logits.

    Args:
        for_class: The class whose logit counts, for all samples or one per sample.
        against: The class whose logit is subtracted, likewise.

    Returns:
        A target for :meth:`lrprism.LRP.explain`.
    """
    return Contrast(for_class, against)


def has_class_axis(target: Target) -> bool:
    """Whether relevance for a target gets a leading class axis."""
    return isinstance(target, (str, Each))


def predicted_class(output: Tensor) -> Tensor:
    """Return the class that each sample's logits speak for, ``[N]``.

    One logit per sample stands for two classes: class 1 where it is positive.

    Args:
        output: Logits, ``[N, classes]``.
    """
    return (output[:, 0] > 0).long() if output.shape[1] == 1 else output.argmax(1)


def number_of_classes(output: Tensor) -> int:
    """Return how many classes ``[N, classes]`` logits tell apart; one logit tells two."""
    return 2 if output.shape[1] == 1 else output.shape[1]


def seeds(output: Tensor, target: Target) -> tuple[list[Tensor], Tensor | None]:
    """Return the modified gradients at ``output`` that start the ways back, and the classes they explain.

    The relevance that enters is ``output * seed``: the logit itself for a class. A single-logit output
    explains ``+logit`` for class 1 and ``-logit`` for class 0.

    Args:
        output: What the model returned; ``[N, classes]`` unless ``target`` is callable.
        target: None for the predicted class of each sample, a class for all samples, one class per sample
            (sequence or 1-D tensor), ``"all"`` for every class, :func:`each` for some, or a callable that
            maps the output to a seed of the output's shape, such as :func:`contrast`.

    Returns:
        One seed, or one per class for ``"all"`` and :func:`each`; the classes ``[N]``, or ``[classes]`` where
        there is a class axis, or None for a callable.

    Raises:
        TargetError: If the target does not fit the output.
    """
    if callable(target):
        return [_checked_seed(target(output.detach()), output)], None
    if output.dim() != 2:
        raise TargetError(
            f"output should be (N, classes) to explain a class. Found shape {tuple(output.shape)}. "
            "Give a callable target that returns a seed of that shape."
        )
    if isinstance(target, str):
        if target != "all":
            raise TargetError(
                "target should be None, a class, one class per sample, 'all', each(...) or a callable. "
                f"Found {target!r}."
            )
        target = Each(tuple(range(number_of_classes(output))))
    if isinstance(target, Each):
        seeds = [_seed(output, _classes(output, number)) for number in target.classes]
        return seeds, torch.tensor(target.classes, device=output.device)
    classes = predicted_class(output.detach()) if target is None else _classes(output, target)
    return [_seed(output, classes)], classes


def _classes(output: Tensor, target: int | Sequence[int] | Tensor) -> Tensor:
    """One class per sample.

    Raises:
        TargetError: If they are no whole numbers, of another length, or out of range.
    """
    try:
        classes = torch.as_tensor(target, device=output.device)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise TargetError(
            "target should be None, a class, one class per sample, 'all', each(...) or a callable. "
            f"Found {target!r}."
        ) from error
    if not classes.numel():
        raise TargetError("target should hold at least one class. Found none.")
    if classes.dtype.is_floating_point or classes.dtype.is_complex or classes.dtype is torch.bool:
        raise TargetError(f"target should hold whole numbers. Found {classes.dtype}.")
    if classes.dim() == 0:
        classes = classes.expand(len(output))
    if classes.shape != (len(output),):
        raise TargetError(
            f"target should be one class or one per sample ({len(output)}). "
            f"Found shape {tuple(classes.shape)}."
        )
    count = number_of_classes(output)
    lowest, highest = (int(each) for each in classes.aminmax()) if len(classes) else (0, 0)
    if not 0 <= lowest <= highest < count:
        bad = next(int(each) for each in classes if not 0 <= each < count)
        raise TargetError(
            f"target should be a class from 0 to {count - 1}, as the model has {count}. Found {bad}."
        )
    return classes.long()


def _seed(output: Tensor, classes: Tensor) -> Tensor:
    """One at the explained logit, zero elsewhere."""
    if output.shape[1] == 1:
        return (2 * classes - 1).to(output.dtype).unsqueeze(1)
    return torch.zeros_like(output, requires_grad=False).scatter_(1, classes.unsqueeze(1), 1)


def _checked_seed(seed: object, output: Tensor) -> Tensor:
    if not isinstance(seed, Tensor) or seed.shape != output.shape:
        found = tuple(seed.shape) if isinstance(seed, Tensor) else type(seed).__name__
        raise TargetError(
            f"a callable target should return a seed of the output's shape {tuple(output.shape)}. "
            f"Found {found}."
        )
    if not seed.isfinite().all():
        raise TargetError("a callable target should return a finite seed. Found NaN or inf.")
    return seed.to(output.dtype)
