"""Token ids as inputs: which vectors were looked up for which token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.ops import MOVING, every_name_of, tensors_in

_JOINING = frozenset().union(
    *(every_name_of(each) for each in (torch.cat, torch.concat, torch.concatenate, torch.stack)),
    *(every_name_of(each) for each in (torch.hstack, torch.vstack, torch.column_stack, torch.where)),
)
_FILLING = {F.pad: 3, **dict.fromkeys(every_name_of(torch.masked_fill), 2)}
"""Functions that put a number beside or over tokens, and the position of that number."""

_SORTING = every_name_of(torch.unique) | every_name_of(torch.unique_consecutive) | every_name_of(torch.msort)
"""Functions whose result may have the shape of the tokens, in another order."""

_SELECTING = frozenset(every_name_of(torch.index_select) | every_name_of(torch.gather))
_NO_TOKEN = -1


def token_spans(inputs: Sequence[Tensor]) -> dict[int, range]:
    """Number the tokens of all integer inputs through, and return the numbers of each input by its place."""
    found: dict[int, range] = {}
    start = 0
    for number, tensor in enumerate(inputs):
        if not tensor.is_floating_point():
            found[number] = range(start, start + tensor.numel())
            start += tensor.numel()
    return found


class Lookup(NamedTuple):
    """Vectors that were looked up for tokens of the inputs.

    Args:
        places: The number of each token, ``[*tokens]``; -1 for one that no input holds.
        vectors: ``[*tokens, features]``, or ``[*tokens]`` where each looks up one number; a leaf of the
            autograd graph.
    """

    places: Tensor
    vectors: Tensor

    def holds_one_of(self, span: range) -> bool:
        """Whether any of the tokens has a number in ``span``."""
        return bool(((self.places >= span.start) & (self.places < span.stop)).any())

    def relevance(self, of_vectors: Tensor, count: int) -> Tensor:
        """Sum the relevance of each token's vector: one number for each of ``count`` tokens."""
        per_token = of_vectors if of_vectors.shape == self.places.shape else of_vectors.sum(-1)
        places, each = self.places.flatten(), per_token.flatten()
        known = places != _NO_TOKEN
        return each.new_zeros(count).index_add(0, places[known], each[known])


class Tokens:
    """Follows integer inputs on their way to the tables in which they are looked up.

    Args:
        inputs: All inputs; the integer ones are followed.
    """

    def __init__(self, inputs: Sequence[Tensor]) -> None:
        """Number the tokens of every input."""
        self.found: list[Lookup] = []
        # both by the tensor's id; the tensor itself is kept alive so that its id stays its own
        self._places: dict[int, tuple[Tensor, Tensor]] = {}
        self._one_hot: dict[int, tuple[Tensor, Tensor]] = {}
        for number, span in token_spans(inputs).items():
            tensor = inputs[number]
            places = torch.arange(span.start, span.stop, device=tensor.device).view(tensor.shape)
            self._places[id(tensor)] = (tensor, places)

    def __bool__(self) -> bool:
        """Whether there is any integer input."""
        return bool(self._places)

    def may_follow(self, result: Any) -> bool:
        """Whether :meth:`follow` can find anything: not in what carries relevance already."""
        return bool(self._one_hot) or not isinstance(result, Tensor) or not result.requires_grad

    def follow(
        self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
    ) -> Tensor | None:
        """Remember where the tokens went; return them, if ``result`` holds the vectors of a constant table.

        Args:
            func: The torch function that was called.
            args: Its arguments.
            kwargs: Its keyword arguments.
            result: What it returned.
        """
        given = tensors_in((args, kwargs) if kwargs else args)
        if given and id(given[0]) in self._one_hot and _is_float(result):
            return self._one_hot[id(given[0])][1]
        tokens = [tensor for tensor in given if id(tensor) in self._places]
        if not tokens:
            return None
        if _is_float(result):
            return tokens[0] if _looks_up(func, args, kwargs, tokens[0]) else None
        if func is F.one_hot:
            self._one_hot[id(result)] = (result, tokens[0])
            return None
        moved = self._moved(func, args, kwargs, result, tokens)
        pairs = zip(tensors_in(result), tensors_in(moved), strict=False)
        self._places |= {id(tensor): (tensor, places) for tensor, places in pairs}
        return None

    def _moved(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        result: Any,
        tokens: list[Tensor],
    ) -> Any:
        """The numbers of the tokens in ``result``; None where they cannot be told."""
        first = tokens[0]
        own = self._places[id(first)][1]
        if func in _JOINING:
            return func(*self._numbered(func, args), **self._numbered(func, kwargs))
        if func in _FILLING:
            place = _FILLING[func]
            if len(args) > place:
                return func(own, *args[1:place], _NO_TOKEN)
            return func(own, *args[1:], **{**kwargs, "value": _NO_TOKEN})
        if func in MOVING and not _only_converts(result, first):
            is_first = first is (args[0] if args else kwargs.get("input"))
            rest = {key: value for key, value in kwargs.items() if key != "input"}
            return func(own, *args[1:], **rest) if is_first else None
        if func in _SORTING:
            return None
        keeps_places = isinstance(result, Tensor) and result.shape == first.shape and len(tokens) == 1
        return own if keeps_places and result.dtype is not torch.bool else None

    def _numbered(self, func: Callable[..., Any], values: Any) -> Any:
        """Put the numbers of tokens in their place, and -1 in the place of what is joined to them."""
        if isinstance(values, Tensor):
            if id(values) in self._places:
                return self._places[id(values)][1]
            joins = func in _JOINING and values.dtype is not torch.bool
            return torch.full_like(values, _NO_TOKEN, dtype=torch.int64) if joins else values
        if type(values) in (tuple, list):
            return type(values)(self._numbered(func, value) for value in values)
        if type(values) is dict:
            return {key: self._numbered(func, value) for key, value in values.items()}
        is_filled = func in _WHERE and type(values) is int
        return _NO_TOKEN if is_filled else values

    def look_up(self, tokens: Tensor, vectors: Tensor) -> tuple[Tensor, Tensor] | None:
        """Return vectors that carry relevance, and which tokens are an input's; None if none of them is."""
        known = self._places.get(id(tokens))
        if known is None:
            return None
        leaf = vectors.detach().requires_grad_()
        self.found.append(Lookup(known[1], leaf))
        return leaf.view_as(leaf), known[1] != _NO_TOKEN  # no leaf: the mode takes leaves for parameters


_WHERE = frozenset(every_name_of(torch.where))


def _only_converts(result: Any, tokens: Tensor) -> bool:
    """Whether a function changed only type or device."""
    return isinstance(result, Tensor) and (result.dtype, result.device) != (tokens.dtype, tokens.device)


def _is_float(result: Any) -> bool:
    return isinstance(result, Tensor) and result.is_floating_point()


def _looks_up(
    func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], tokens: Tensor
) -> bool:
    """Whether a function took rows of a constant table, or one number of a row for each token."""
    if func is Tensor.__getitem__:
        index, *rest = args[1] if type(args[1]) is tuple else (args[1],)
        is_whole = all(each is Ellipsis or (isinstance(each, slice) and each == slice(None)) for each in rest)
        return index is tokens and is_whole and not args[0].requires_grad
    if func not in _SELECTING:
        return False
    given = dict(zip(("input", "dim", "index"), args, strict=False)) | kwargs
    return given["dim"] == 0 and given["index"] is tokens and not given["input"].requires_grad
