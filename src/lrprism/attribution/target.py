"""Targets in words: the part of a model's output that is explained."""

from __future__ import annotations

import operator
from dataclasses import dataclass, replace
from typing import Any, SupportsIndex, final

import torch
from torch import Tensor

from lrprism.attribution.indices import Axis, Index, make_seed, read_index
from lrprism.attribution.seeds import AbstractTarget, Each, cut, format_target, seed_of
from lrprism.errors import TargetError

__all__ = ["at", "contrast", "each", "predicted_class", "side", "token", "value"]


def each(*classes: SupportsIndex | AbstractTarget) -> Each:
    """Explain several classes of every sample with one forward pass; relevance gets a leading class axis.

    Args:
        classes: The classes, such as ``each(0, 3)``; or targets in words, such as ``each(at(0), at(1))``.

    Raises:
        TargetError: If there is none, or one is no whole number.
    """
    if not classes:
        raise TargetError("each() should name at least one class. Found none. Try each(0, 1).")
    try:
        return Each(tuple(word if isinstance(word, AbstractTarget) else _as_int(word) for word in classes))
    except TypeError as error:
        raise TargetError(f"each() should name whole numbers. Found {classes!r}. Try each(0, 1).") from error


@final
@dataclass(frozen=True, eq=False, repr=False)
class Contrast(AbstractTarget):
    """One class against another; see :func:`contrast`."""

    for_class: Index | AbstractTarget
    against: Index | AbstractTarget

    def __repr__(self) -> str:
        """The target as a user types it."""
        return format_target("contrast", self.for_class, self.against)

    def seed(self, output: Tensor) -> tuple[Tensor, None]:
        """Return 1 at the one logit, -1 at the other.

        Raises:
            TargetError: If the output holds one value per sample only.
        """
        if output.dim() == 1 or output.shape[1:] == (1,):
            raise TargetError(
                "contrast() should meet at least two values per sample. "
                f"Found an output of shape {tuple(output.shape)}. "
                "Try lp.target.side(1) for what speaks for class 1 of a binary logit, and against class 0."
            )
        return seed_of(output, self.for_class)[0] - seed_of(output, self.against)[0], None

    def cut(self, rows: slice, count: int) -> Contrast:
        """Return the contrast of some samples."""
        return Contrast(cut(self.for_class, rows, count), cut(self.against, rows, count))


def contrast(for_class: Index | AbstractTarget, against: Index | AbstractTarget) -> Contrast:
    """Explain what speaks for one class and against another: the difference of their logits.

    Args:
        for_class: The class whose logit counts, for all samples or one per sample; or :func:`at`,
            :func:`token`.
        against: The class whose logit is subtracted, likewise.

    Returns:
        A target for :meth:`lrprism.LRP.explain`.

    Raises:
        TargetError: If the two are the same, for all samples.
    """
    if _is_same_target(for_class, against):
        raise TargetError(
            "contrast() should set one class against another. "
            f"Found {format_target('contrast', for_class, against)}, which is zero everywhere. "
            "Try contrast(0, 1), or the class alone as the target."
        )
    return Contrast(for_class, against)


def _is_same_target(first: Any, second: Any) -> bool:
    """Return True if two indices, or two targets in words, are the same for all samples."""
    if isinstance(first, At) and isinstance(second, At):
        return _is_same_target(first.step, second.step) and _is_same_target(first.index, second.index)
    if first is second:
        return True
    try:
        return torch.equal(torch.as_tensor(first, device="cpu"), torch.as_tensor(second, device="cpu"))
    # no index: refused when it meets an output
    except (TypeError, ValueError, RuntimeError, OverflowError):
        return False


@final
@dataclass(frozen=True, eq=False, repr=False)
class Side(AbstractTarget):
    """One side of a binary logit; see :func:`side`."""

    number: Index | None = None

    def __repr__(self) -> str:
        """The target as a user types it."""
        return format_target("side", *([] if self.number is None else [self.number]))

    def seed(self, output: Tensor) -> tuple[Tensor, Tensor]:
        """Return 1 for class 1 and -1 for class 0."""
        _check_one_value(output, "side()", "Give the class, such as target=1.")
        # the predicted side: a logit of zero speaks for neither, and counts as class 0
        if self.number is None:
            sides = (output.detach().flatten() > 0).long()
        else:
            sides = read_index(
                self.number, output.flatten(), Axis(2, "side()", "side", "sides", owner="a logit")
            )
        return (2 * sides - 1).to(output.dtype).view(output.shape), sides

    def cut(self, rows: slice, count: int) -> Side:
        """Return the sides of some samples."""
        return Side(cut(self.number, rows, count))


def side(number: Index | None = None) -> Side:
    """Explain one side of a binary logit: of a network that tells two classes apart with one output.

    Args:
        number: 1 for the logit, which speaks for class 1; 0 for minus the logit; None for the predicted side
            of each sample, which is 1 where the logit is positive; or one per sample.

    Returns:
        A target for an output ``(N, 1)`` or ``(N,)``.
    """
    return Side(number)


@final
@dataclass(frozen=True, eq=False, repr=False)
class Value(AbstractTarget):
    """The output as it is; see :func:`value`."""

    def __repr__(self) -> str:
        """The target as a user types it."""
        return format_target("value")

    def seed(self, output: Tensor) -> tuple[Tensor, None]:
        """Return ones."""
        _check_one_value(output, "value()", "Give the index of the value, such as target=0.")
        return torch.ones_like(output, requires_grad=False), None


def value() -> Value:
    """Explain the output as it is, with its sign: the prediction of a regression, ``(N, 1)`` or ``(N,)``."""
    return Value()


@final
@dataclass(frozen=True, eq=False, repr=False)
class At(AbstractTarget):
    """One entry at one step of a sequence; see :func:`at` and :func:`token`."""

    step: Index
    index: Index | None
    is_token: bool = False

    def __repr__(self) -> str:
        """The target as a user types it."""
        if self.is_token:
            return format_target("token", position=self.step, id=self.index)
        return format_target("at", self.step, index=self.index)

    def seed(self, output: Tensor) -> tuple[Tensor, Tensor]:
        """Return 1 at the entry, and its index.

        Raises:
            TargetError: If the output is no sequence.
        """
        # the same entry in two vocabularies: time steps with classes, or texts with tokens
        step = Axis(0, "step", "time step", "steps", counts_from_end=True)
        entry = Axis(0, "index", "class", "classes")
        if self.is_token:
            step = Axis(0, "position", "position", "tokens", counts_from_end=True)
            entry = Axis(0, "id", "token id", "vocabulary")
        if output.dim() != 3:
            raise TargetError(
                f"{'token()' if self.is_token else 'at()'} should meet an output (N, {step.entries}, "
                f"{entry.entries}). Found shape {tuple(output.shape)}. {_other_word(output)}"
            )
        steps = read_index(self.step, output, step._replace(size=output.shape[1]))
        if self.index is None:
            samples = torch.arange(len(output), device=output.device)
            indices = output.detach()[samples, steps].argmax(1)
        else:
            indices = read_index(self.index, output, entry._replace(size=output.shape[2]))
        return make_seed(output, steps, indices), indices

    def cut(self, rows: slice, count: int) -> At:
        """Return the entries of some samples."""
        return replace(self, step=cut(self.step, rows, count), index=cut(self.index, rows, count))


def at(step: Index, index: Index | None = None) -> At:
    """Explain one time step of an output ``(N, steps, classes)``.

    Of an output that has the steps in front, as ``nn.LSTM`` without ``batch_first`` gives it, choose
    ``output=lambda out: out.transpose(0, 1)``.

    Args:
        step: The step; -1 is the last one. One for all samples, or one per sample.
        index: The class at that step, or which of several values; None for the highest one. One for all
            samples, or one per sample.

    Returns:
        A target for :meth:`lrprism.LRP.explain`.
    """
    return At(step, index)


def token(position: Index = -1, id: Index | None = None) -> At:
    """Explain one token that a language model predicts, of an output ``(N, tokens, vocabulary)``.

    Args:
        position: Where it is predicted; -1 is the last position. One for all samples, or one per sample, as
            where texts of different lengths are padded.
        id: The token's id in the vocabulary; None for the predicted token. One for all samples, or one per
            sample.

    Returns:
        A target for :meth:`lrprism.LRP.explain`.
    """
    return At(position, id, is_token=True)


def predicted_class(output: Tensor) -> Tensor:
    """Return the class that the logits of each sample speak for, ``[N]``.

    One logit per sample stands for two classes: class 1 where it is positive.

    Args:
        output: Logits of a classifier, ``[N, classes]``.
    """
    return (output[:, 0] > 0).long() if output.shape[1] == 1 else output.argmax(1)


def _as_int(number: Any) -> int:
    """Return a whole number of any library as an int.

    Raises:
        TypeError: If it is none.
    """
    # True would be class 1
    if isinstance(number, bool):
        raise TypeError("a bool is no class")
    return operator.index(number)


def _check_one_value(output: Tensor, word: str, advice: str) -> None:
    if output.dim() > 1 and output.shape[1:] != (1,):
        raise TargetError(
            f"{word} should meet one value per sample, (N, 1) or (N,). Found an output of shape "
            f"{tuple(output.shape)}. {advice if output.dim() == 2 else _other_word(output)}"
        )


def _other_word(output: Tensor) -> str:
    """Say which target fits an output."""
    # logits of classes, or one sequence without its batch axis
    if output.dim() == 2:
        return (
            "Give an index such as target=0 for (N, classes), or the inputs with an axis of one sample in "
            "front, inputs[None], if they are one sequence."
        )
    if output.dim() == 3:
        return (
            "Try lp.target.at(step, index=0) or lp.target.token() for (N, T, C), or a callable, such as "
            "torch.ones_like for the sum over all entries."
        )
    if output.dim() < 2:
        return "Try lp.target.value(), or lp.target.side(1) for a binary logit."
    return (
        "Try a callable that returns a seed of that shape, such as torch.ones_like for the sum over all "
        "entries."
    )
