r"""Systems of equations with a triangular matrix, as the delta rule of linear attention solves them.

.. math:: x_i = \frac{1}{A_{ii}} \Bigl(b_i - \sum_{j<i} A_{ij} x_j\Bigr)

Written out, each step subtracts products of two live factors, of which the entries of :math:`A` get a share
:math:`\alpha` by the rule, and divides by a scale, which counts as a constant. With :math:`D` the diagonal of
:math:`A` and :math:`L` the rest of it, all steps together are

.. math:: G = (D + (1 - \alpha) L)^{-H} g, \qquad R_b = b \odot G, \qquad R_L = -\alpha\, L \odot (G x^H)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor

from lrprism.graph import OwnFunction, entry_of
from lrprism.ops.gating import rate_gates
from lrprism.ops.kinds import Kind
from lrprism.ops.names import functions_named
from lrprism.ops.nested import is_live
from lrprism.ops.op import AbstractOp, Arguments, Keywords, Recorder
from lrprism.ops.products import shares_of
from lrprism.rules import AbstractProductRule, Gating


class _Substitution(OwnFunction):
    """The solution; backward, the relevance of all steps at once."""

    @staticmethod
    def forward(
        ctx: Any, matrix: Tensor, b: Tensor, share: Callable[[], float], form: dict[str, bool]
    ) -> Tensor:
        x: Tensor = torch.linalg.solve_triangular(matrix, b, **form)
        ctx.save_for_backward(matrix, x)
        ctx.share, ctx.form, ctx.shape = share, form, b.shape
        return x

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, Tensor, None, None]:
        matrix, x = ctx.saved_tensors
        share, form = ctx.share(), ctx.form
        off_diagonal = matrix.triu(1) if form["upper"] else matrix.tril(-1)  # L of the formula
        scale = torch.eye(matrix.shape[-1], dtype=matrix.dtype, device=matrix.device)
        if not form["unitriangular"]:
            scale = scale * matrix
        transposed = {**form, "upper": not form["upper"]}
        g = torch.linalg.solve_triangular(
            (scale + (1 - share) * off_diagonal).mH, grad_outputs[0], **transposed
        )
        product = g @ x.mH if form["left"] else x.mH @ g
        steps = product.triu(1) if form["upper"] else product.tril(-1)
        # a batch of right-hand sides may share one matrix, or the other way round
        return (-share * steps).sum_to_size(matrix.shape), g.sum_to_size(ctx.shape), None, None


_solve = entry_of(_Substitution)


@final
@dataclass(frozen=True, eq=False)
class TriangularSolve(AbstractOp):
    """``solve_triangular``: linear in ``B`` under a constant matrix, products of both under a live one."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Solve; there is no rule for a matrix that alone is live."""
        if not is_live((args, kwargs)):
            return func(*args, **kwargs)
        matrix, b, form = _read_system(*args, **kwargs)
        # linear in B, where the gradient is the rule
        if not is_live(matrix) or not is_live(b) or "out" in kwargs:
            recorder.record(Kind.UNKNOWN if is_live(matrix) else Kind.ROUTING, self.name)
            return func(*args, **kwargs)
        tape = recorder.start_tape(Kind.PRODUCT, self.name, (AbstractProductRule,))
        looks = (*rate_gates(recorder, [matrix]), Gating.NONE)  # x is a difference, and so no gate
        return _solve(matrix, b, lambda: shares_of(tape, looks)[0], form)


def _read_system(
    *operands: Tensor, upper: bool, left: bool = True, unitriangular: bool = False, **keywords: Any
) -> tuple[Tensor, Tensor, dict[str, bool]]:
    """Return the matrix, the right-hand side, and the options that say how to read the matrix."""
    # torch.linalg calls the matrix A, aten calls it self
    matrix, b = (*operands, *(keywords[name] for name in ("A", "self", "input", "B") if name in keywords))[:2]
    return matrix, b, {"upper": upper, "left": left, "unitriangular": unitriangular}


_SOLVERS = functions_named("solve_triangular") | functions_named("linalg_solve_triangular")

TABLE: dict[Any, AbstractOp] = dict.fromkeys(_SOLVERS, TriangularSolve(Kind.PRODUCT, "solve_triangular"))
