"""Seeds: the modified gradients at the output that start the ways back, one per target."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, final

import torch
from torch import Tensor

from lrprism.attribution.indices import Axis, Index, describe_choices, make_seed, read_index
from lrprism.errors import TargetError
from lrprism.rules.base import format_setting


@dataclass(frozen=True, eq=False, repr=False)
class AbstractTarget(ABC):
    """A target in words: one of the functions of this module makes it."""

    @abstractmethod
    def seed(self, output: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the seed, and the index that it explains of each sample, if that is one.

        Args:
            output: What the model returned.
        """

    def cut(self, rows: slice, count: int) -> AbstractTarget:
        """Return the target of some of ``count`` samples."""
        del rows, count
        return self


@final
@dataclass(frozen=True, repr=False)
class Each:
    """Several targets, each explained for every sample; see :func:`each`."""

    classes: tuple[int | AbstractTarget, ...]

    def __repr__(self) -> str:
        """The target as a user types it."""
        return format_target("each", *self.classes)


def format_target(word: str, *positional: Any, **named: Any) -> str:
    """Write a target in words as a user types it, tensors by their shape.

    Args:
        word: The function that made it.
        positional: Its positional arguments.
        named: Its keyword arguments; those that are None go without saying.
    """
    settings = [f"{name}={format_setting(value)}" for name, value in named.items() if value is not None]
    return f"{word}({', '.join([*map(format_setting, positional), *settings])})"


Target = Index | Literal["all"] | Each | AbstractTarget | Callable[[Tensor], Tensor] | None
"""See :func:`seeds_of`."""


def has_class_axis(target: Target) -> bool:
    """Return True if relevance for a target gets a leading class axis."""
    return isinstance(target, (str, Each))


def join_seeds(per_seed: list[list[Tensor]], target: Target) -> list[Tensor]:
    """Put a class axis in front of the samples, where the target has one.

    Args:
        per_seed: Relevance of each tensor, seed by seed, as the engine returns it.
        target: The target that the seeds were made of.
    """
    if not has_class_axis(target):
        return per_seed[0]
    return [torch.stack(tensors) for tensors in zip(*per_seed, strict=True)]


def seeds_of(output: Tensor, target: Target) -> tuple[list[Tensor], Tensor | None]:
    """Return the modified gradients at ``output`` that start the ways back, and the indices they explain.

    The relevance that enters is ``output * seed``: the logit itself for a class. An output ``(N, 1)`` is one
    value per sample, which is explained as it is, with its sign; so is an output ``(N,)`` or ``()``.

    Args:
        output: What the model returned.
        target: None for the predicted class of each sample, or for the output itself where it is one value;
            an index for all samples, or one per sample (sequence, array or 1-D tensor); ``"all"`` for every
            index, :func:`each` for some; a target in words, such as :func:`contrast`, :func:`side`,
            :func:`value`, :func:`at` or :func:`token`; or a callable that maps the output to a seed of the
            output's shape.

    Returns:
        One seed, or one per entry of the class axis for ``"all"`` and :func:`each`; and the indices ``[N]``,
        ``[classes]`` (``[classes, N]`` for targets in words) where there is a class axis, or None where
        the target is no index.

    Raises:
        TargetError: If the target does not fit the output.
    """
    if isinstance(target, str):
        if target != "all":
            raise TargetError(describe_choices(target))
        _check_has_classes(output)
        target = Each(tuple(range(output.shape[1])))
    if isinstance(target, Each):
        pairs = [seed_of(output, word) for word in target.classes]
        return [seed for seed, _ in pairs], _class_axis(target, [indices for _, indices in pairs], output)
    seed, indices = seed_of(output, target)
    return [seed], indices


def seed_of(output: Tensor, target: Any) -> tuple[Tensor, Tensor | None]:
    """Return the seed of a target without a class axis, and the index that it explains of each sample."""
    if isinstance(target, AbstractTarget):
        return target.seed(output)
    if callable(target):
        return _call_target(target, output), None
    # a regression that drops the axis of its one value
    if output.dim() < 2 and target is None:
        return torch.ones_like(output, requires_grad=False), None
    _check_has_classes(output)
    count = output.shape[1]
    if target is not None:
        indices = _read_class(output, target)
    elif count == 1:
        indices = torch.zeros(len(output), dtype=torch.int64, device=output.device)
    else:
        indices = output.detach().argmax(1)
    return make_seed(output, indices), indices


def _read_class(output: Tensor, target: Any) -> Tensor:
    """Return the class of each sample.

    Raises:
        TargetError: If it is no class of the output.
    """
    try:
        return read_index(target, output, Axis(output.shape[1]))
    except TargetError as error:
        if output.shape[1] == 1 and "as the model has 1" in str(error):
            raise TargetError(
                "an output (N, 1) is one value, which target=None or 0 explains with its sign. "
                f"{str(error).rpartition('. ')[2]} Try lp.target.side(1) or lp.target.side(0) for the two "
                "sides of a binary logit."
            ) from error
        raise


def _check_has_classes(output: Tensor) -> None:
    """Check that an output has one axis of classes.

    Raises:
        TargetError: If it has none, or others too.
    """
    shape = tuple(output.shape)
    if output.dim() < 2:
        what = "an output (N,) is one value per sample" if output.dim() else "an output () is one value"
        raise TargetError(
            f"{what} and has no classes: target should be None or lp.target.value(), or lp.target.side(1) "
            f"for a binary logit. Found shape {shape}."
        )
    if output.dim() > 3:
        raise TargetError(
            f"output should be (N, classes) to explain a class. Found shape {shape}. "
            "Try output=lambda out: out.flatten(2).mean(2) for the mean over all places, or a callable "
            "target that returns a seed of that shape, 1 at the places that are meant."
        )
    if output.dim() == 3:
        raise TargetError(
            f"output should be (N, classes) to explain a class. Found shape {shape}. Try lp.target.at(step) "
            "or lp.target.token(position=-1, id=None) for an output (N, T, C), or a callable target that "
            "returns a seed of that shape."
        )


def _class_axis(target: Each, indices: Sequence[Tensor | None], output: Tensor) -> Tensor | None:
    """Return the indices of a class axis: ``[classes]`` where they are the same for all samples."""
    if all(isinstance(word, int) for word in target.classes):
        return torch.tensor(target.classes, device=output.device)
    # a contrast or a value is no index: the axis has none then
    numbers = [index for index in indices if index is not None]
    return torch.stack(numbers) if len(numbers) == len(indices) else None


def _call_target(target: Callable[[Tensor], Tensor], output: Tensor) -> Tensor:
    """Return the seed of a callable target.

    Raises:
        TargetError: If it returns none that fits.
    """
    # lp.target.side without its parentheses
    if getattr(target, "__module__", None) == "lrprism.attribution.target":
        name = getattr(target, "__name__", "")
        kind = "class" if isinstance(target, type) else "function"
        raise TargetError(
            f"target should be what lp.target.{name.lower()}() returns. Found the {kind} {name}."
        )
    seed: object = target(output.detach())
    if not isinstance(seed, Tensor) or seed.shape != output.shape:
        finding = tuple(seed.shape) if isinstance(seed, Tensor) else type(seed).__name__
        raise TargetError(
            f"a callable target should return a seed of the output's shape {tuple(output.shape)}. "
            f"Found {finding}. A seed holds 1 at the entries that are explained and 0 elsewhere."
        )
    if not seed.isfinite().all():
        raise TargetError("a callable target should return a finite seed. Found NaN or inf.")
    return seed.to(output.dtype)


def cut(target: Any, rows: slice, count: int) -> Any:
    """Return the target of some of ``count`` samples; a target for all of them stays as it is.

    Raises:
        TargetError: If there is not one index per sample.
    """
    if isinstance(target, Each):
        return Each(tuple(cut(word, rows, count) for word in target.classes))
    if isinstance(target, AbstractTarget):
        return target.cut(rows, count)
    # a tensor or an array of numbers; one without axes holds for all samples
    has_axis = getattr(target, "ndim", 0) == 1
    if has_axis or (isinstance(target, Sequence) and not isinstance(target, str)):
        if len(target) != count:
            raise TargetError(
                f"target should be one class or one per sample ({count}). Found {len(target)} classes."
            )
        return target[rows]
    return target
