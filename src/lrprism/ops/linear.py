"""Fully connected layers, by any torch function that computes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.ops.affine.map import AbstractAffine, vjp_of
from lrprism.ops.affine.op import AffineOp, run_affine
from lrprism.ops.arguments import read_argument
from lrprism.ops.kinds import Kind
from lrprism.ops.names import build_table, functions_named
from lrprism.ops.nested import exchange_tensors, is_live
from lrprism.ops.op import AbstractOp, Arguments, Keywords, Recorder
from lrprism.ops.products import factors_of, run_product


class Linear(AbstractAffine):
    """``z = a w^T + b`` over the last dimension of ``a``."""

    batched_dim = 1  # a vector needs no batch
    asks_for_input = False

    def forward(self, a: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Return ``a w^T + b``."""
        return F.linear(a, weight, bias)

    def transpose(self, s: Tensor, weight: Tensor, a: Tensor) -> Tensor:
        """Return ``s conj(w)``: torch's gradient of a complex product holds the conjugate."""
        del a
        weight = weight.conj()  # a real weight is its own conjugate
        return s.unsqueeze(-1) * weight if weight.dim() == 1 else torch.matmul(s, weight)

    def spread_bias(self, bias: Tensor) -> Tensor:
        """Return the bias as it is: it belongs to the last dimension."""
        return bias

    def scale_output(self, scale: Tensor, shift: Tensor, z: Tensor) -> Linear | None:
        """Scale the rows of the weight where the last dimension of ``z`` holds the channels."""
        if z.dim() != 2 or self.weight.dim() != 2:
            return None
        bias = shift if self.bias is None else self.bias * scale + shift
        return Linear(lambda: self.weight * scale[:, None], bias)

    def scale_input(self, scale: Tensor, shift: Tensor, a: Tensor) -> Linear | None:
        """Scale the columns of the weight where the last dimension of ``a`` holds the channels."""
        if a.dim() != 2 or self.weight.dim() != 2:
            return None
        return Linear(lambda: self.weight * scale, F.linear(shift, self.weight, self.bias))


class Contraction(AbstractAffine):
    """Any product of ``a`` with a constant that is linear in both, such as ``einsum`` or ``w @ a``.

    Args:
        weight: The constant factor.
        bias: What is added, in a shape that broadcasts to ``z``, or None.
        product: Computes the product from ``a`` and a weight.
    """

    def __init__(
        self, weight: Tensor, bias: Tensor | None, product: Callable[[Tensor, Tensor], Tensor]
    ) -> None:
        """Keep the parameters and the product."""
        super().__init__(weight, bias)
        self.product = product

    def forward(self, a: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Return the product plus the bias."""
        z = self.product(a, weight)
        return z if bias is None else z + bias

    def transpose(self, s: Tensor, weight: Tensor, a: Tensor) -> Tensor:
        """Return the gradient of the product with respect to ``a``."""
        return vjp_of(lambda a: self.product(a, weight), a, s)

    def spread_bias(self, bias: Tensor) -> Tensor:
        """Return the bias as it is."""
        return bias


def _bind_linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> tuple[Tensor, Linear]:
    return input, Linear(weight, bias)


def _bind_grouped(
    input: Tensor,
    mat2: Tensor,
    offs: Tensor | None = None,
    bias: Tensor | None = None,
    out_dtype: torch.dtype | None = None,
) -> tuple[Tensor, Contraction]:
    def product(a: Tensor, weight: Tensor) -> Tensor:
        return torch._grouped_mm(a, weight, offs=offs, out_dtype=out_dtype)

    return input, Contraction(mat2, bias, product)


@final
@dataclass(frozen=True, eq=False)
class MatrixProduct(AbstractOp):
    """A product of matrices: a linear layer where one of two factors is constant, else a shared product.

    Args:
        addends: Positions and names of what is added to the product instead of being a factor.
    """

    addends: tuple[int | str, ...] = ()

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Run the product under the rule of its kind."""
        factors = factors_of(args, kwargs, self.addends)
        live = [factor for factor in factors if factor.requires_grad]
        added = [args[key : key + 1] if isinstance(key, int) else kwargs.get(key) for key in self.addends]
        # bias + a @ w with a live bias is a sum of two branches
        if is_live(added):
            return _run_sum(recorder, func, args, kwargs)
        # two live factors, as in attention, or the three of an einsum
        if len(factors) != 2 or len(live) != 1:
            if not live:
                return func(*args, **kwargs)
            return run_product(recorder, self.name, func, args, kwargs, self.addends)
        a, weight = live[0], next(factor for factor in factors if not factor.requires_grad)
        # a @ w: its weight is seen as that of a layer, which is quicker
        if func in _PLAIN and a is factors[0] and weight.dim() == 2 and a.dim() > 1:
            return run_affine(recorder, Kind.LINEAR, self.name, a, Linear(weight.t(), None))
        return run_affine(
            recorder, Kind.LINEAR, self.name, a, self._contraction(func, args, kwargs, a, weight)
        )

    def _contraction(
        self, func: Callable[..., Any], args: Arguments, kwargs: Keywords, a: Tensor, weight: Tensor
    ) -> Contraction:
        """Return the call as a function of its live factor and its constant one; an addend is the bias."""

        def compute(new_a: Tensor, new_weight: Tensor, *, without_bias: bool) -> Tensor:
            new = {id(a): new_a, id(weight): new_weight}
            positional, by_name = exchange_tensors(args, new), exchange_tensors(dict(kwargs), new)
            if without_bias:
                by_name["beta"] = 0  # the factor of the addend in addmm and its kin
            result: Tensor = func(*positional, **by_name)
            return result

        if not self.addends:
            return Contraction(weight, None, lambda x, w: compute(x, w, without_bias=False))
        with torch.no_grad():
            bias = compute(torch.zeros_like(a), weight, without_bias=False)
        return Contraction(weight, bias, lambda x, w: compute(x, w, without_bias=True))


def _run_sum(recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
    """Run the product and the sum of ``addmm`` and its kin one after the other."""
    addend = read_argument(args, kwargs, 0, "input")
    zero = torch.zeros_like(addend, requires_grad=False)
    options = {key: value for key, value in kwargs.items() if key != "input"}
    with recorder.watching():
        return func(zero, *args[1:], **options) + options.get("beta", 1) * addend


_PLAIN = functions_named("matmul") | functions_named("mm") | functions_named("__matmul__")
_PRODUCTS = """
    bmm dot einsum ger hsmm inner kron linalg_vecdot matmul mm mv outer smm tensordot vdot vecdot
    __matmul__ __rmatmul__
"""
_SUMS_OF_PRODUCTS = "addmm addmv baddbmm addbmm addr"


TABLE: dict[Any, AbstractOp] = {
    F.linear: AffineOp(Kind.LINEAR, "linear", _bind_linear),
    # the experts of a mixture, each on its own tokens
    **build_table("_grouped_mm grouped_mm", AffineOp, Kind.LINEAR, _bind_grouped),
    **build_table(_PRODUCTS, MatrixProduct, Kind.LINEAR),
    **build_table(_SUMS_OF_PRODUCTS, MatrixProduct, Kind.LINEAR, (0, "input")),
}
