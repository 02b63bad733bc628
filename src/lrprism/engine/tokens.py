"""Token ids as inputs: they are followed to the tables in which their vectors are looked up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.ops import MOVING, every_name_of, tensors_in

_JOINING = frozenset().union(
    *map(every_name_of, (torch.cat, torch.concat, torch.concatenate, torch.stack)),
    *map(every_name_of, (torch.hstack, torch.vstack, torch.column_stack, torch.where)),
)
_FILLING = {F.pad: 3, **dict.fromkeys(every_name_of(torch.masked_fill), 2)}
"""Functions that put a number beside or over tokens, and the position of that number."""

_SORTING = every_name_of(torch.unique) | every_name_of(torch.unique_consecutive) | every_name_of(torch.msort)
"""Functions whose result may have the shape of the tokens, in another order."""

_SELECTING = frozenset(every_name_of(torch.index_select) | every_name_of(torch.gather))
_WHERE = frozenset(every_name_of(torch.where))
_NO_TOKEN = -1


def token_spans(inputs: Sequence[Tensor]) -> dict[int, range]:
    """Number the tokens of all integer inputs, and return the numbers of each input by its position."""
    spans: dict[int, range] = {}
    start = 0
    for position, tensor in enumerate(inputs):
        if not tensor.is_floating_point():
            spans[position] = range(start, start + tensor.numel())
            start += tensor.numel()
    return spans


class Lookup(NamedTuple):
    """Vectors that were looked up for tokens of the inputs.

    Args:
        numbers: The number of each token, ``[*tokens]``; -1 for one that no input holds.
        vectors: ``[*tokens, features]``, or ``[*tokens]`` where each looks up one number; a leaf of the
            autograd graph.
    """

    numbers: Tensor
    vectors: Tensor

    def holds_one_of(self, span: range) -> bool:
        """Return True if any of the tokens has a number in ``span``."""
        return bool(((self.numbers >= span.start) & (self.numbers < span.stop)).any())

    def relevance(self, of_vectors: Tensor, count: int) -> Tensor:
        """Sum the relevance of each token's vector: one number for each of ``count`` tokens."""
        per_token = of_vectors if of_vectors.shape == self.numbers.shape else of_vectors.sum(-1)
        numbers, R = self.numbers.flatten(), per_token.flatten()
        # a token that is looked up twice gets the sum
        is_input = numbers != _NO_TOKEN
        return R.new_zeros(count).index_add(0, numbers[is_input], R[is_input])


class Tokens:
    """Follows integer inputs on their way to the tables in which they are looked up.

    Every integer tensor that holds tokens has a companion of the same shape that holds their numbers: what
    moves the tokens moves the numbers too.

    Args:
        inputs: All inputs; the integer ones are followed.
    """

    def __init__(self, inputs: Sequence[Tensor]) -> None:
        """Number the tokens of every input."""
        self.lookups: list[Lookup] = []
        # Both by the tensor's id; the tensor itself is held, so that no other object gets its id.
        self._numbers: dict[int, tuple[Tensor, Tensor]] = {}
        self._one_hot: dict[int, tuple[Tensor, Tensor]] = {}
        for position, span in token_spans(inputs).items():
            tensor = inputs[position]
            numbers = torch.arange(span.start, span.stop, device=tensor.device).view(tensor.shape)
            self._numbers[id(tensor)] = (tensor, numbers)

    def __bool__(self) -> bool:
        """Return True if there is any integer input."""
        return bool(self._numbers)

    def may_follow(self, result: Any) -> bool:
        """Return False for a result that carries relevance already, in which :meth:`follow` finds nothing."""
        return bool(self._one_hot) or not isinstance(result, Tensor) or not result.requires_grad

    def follow(
        self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
    ) -> Tensor | None:
        """Follow tokens through one call; return them if ``result`` holds their vectors from a table."""
        tensors = tensors_in((args, kwargs) if kwargs else args)
        # one_hot(tokens) @ table is a look-up too
        if tensors and id(tensors[0]) in self._one_hot and _is_float(result):
            return self._one_hot[id(tensors[0])][1]
        tokens = [tensor for tensor in tensors if id(tensor) in self._numbers]
        if not tokens:
            return None
        if _is_float(result):
            return tokens[0] if _is_lookup(func, args, kwargs, tokens[0]) else None
        if func is F.one_hot:
            self._one_hot[id(result)] = (result, tokens[0])
            return None
        moved = self._move_numbers(func, args, kwargs, result, tokens)
        pairs = zip(tensors_in(result), tensors_in(moved), strict=False)
        self._numbers |= {id(tensor): (tensor, numbers) for tensor, numbers in pairs}
        return None

    def _move_numbers(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        result: Any,
        tokens: list[Tensor],
    ) -> Any:
        """Return the numbers of the tokens in ``result``; None where they cannot be told."""
        first = tokens[0]
        numbers = self._numbers[id(first)][1]
        # a class token in front of the sentence, or a token in the place of another
        if func in _JOINING:
            return func(*self._exchange(func, args), **self._exchange(func, kwargs))
        # padding, and tokens that are masked
        if func in _FILLING:
            position = _FILLING[func]
            if len(args) > position:
                return func(numbers, *args[1:position], _NO_TOKEN)
            return func(numbers, *args[1:], **{**kwargs, "value": _NO_TOKEN})
        # windows, reshapes and other moves
        if func in MOVING and not _only_converts(result, first):
            is_first = first is (args[0] if args else kwargs.get("input"))
            options = {key: value for key, value in kwargs.items() if key != "input"}
            return func(numbers, *args[1:], **options) if is_first else None
        if func in _SORTING:
            return None
        # an offset, as one table for several fields has it, or a conversion: the tokens stay where they are
        keeps_positions = isinstance(result, Tensor) and result.shape == first.shape and len(tokens) == 1
        return numbers if keeps_positions and result.dtype is not torch.bool else None

    def _exchange(self, func: Callable[..., Any], values: Any) -> Any:
        """Return arguments with numbers in the place of tokens, and -1 in the place of what joins them."""
        if isinstance(values, Tensor):
            if id(values) in self._numbers:
                return self._numbers[id(values)][1]
            joins = func in _JOINING and values.dtype is not torch.bool
            return torch.full_like(values, _NO_TOKEN, dtype=torch.int64) if joins else values
        if type(values) in (tuple, list):
            return type(values)(self._exchange(func, value) for value in values)
        if type(values) is dict:
            return {key: self._exchange(func, value) for key, value in values.items()}
        # where(mask, tokens, 0)
        is_filled = func in _WHERE and type(values) is int
        return _NO_TOKEN if is_filled else values

    def look_up(self, tokens: Tensor, vectors: Tensor) -> tuple[Tensor, Tensor] | None:
        """Return vectors that carry relevance, and a mask of the tokens of an input; None without any."""
        entry = self._numbers.get(id(tokens))
        if entry is None:
            return None
        leaf = vectors.detach().requires_grad_()
        self.lookups.append(Lookup(entry[1], leaf))
        # a view, as the mode takes leaves for parameters
        return leaf.view_as(leaf), entry[1] != _NO_TOKEN


def _only_converts(result: Any, tokens: Tensor) -> bool:
    """Return True if a function changed only type or device."""
    return isinstance(result, Tensor) and (result.dtype, result.device) != (tokens.dtype, tokens.device)


def _is_float(result: Any) -> bool:
    return isinstance(result, Tensor) and result.is_floating_point()


def _is_lookup(
    func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], tokens: Tensor
) -> bool:
    """Return True if a function took rows of a constant table, or one number of a row for each token."""
    # table[tokens], table[tokens, :] and table[tokens, ...]
    if func is Tensor.__getitem__:
        index, *others = args[1] if type(args[1]) is tuple else (args[1],)
        return index is tokens and all(map(_takes_all, others)) and not args[0].requires_grad
    if func not in _SELECTING:
        return False
    arguments = dict(zip(("input", "dim", "index"), args, strict=False)) | kwargs
    takes_rows = arguments["dim"] == 0 and arguments["index"] is tokens
    return takes_rows and not arguments["input"].requires_grad


def _takes_all(index: Any) -> bool:
    """Return True for ``...`` and ``:``."""
    return index is Ellipsis or (isinstance(index, slice) and index == slice(None))
