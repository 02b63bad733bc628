"""Batch norm with its running statistics, whatever mode the model is in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

from torch import Tensor
from torch.nn import functional as F

from lrprism.ops.kinds import Kind
from lrprism.ops.op import AbstractOp, Arguments, Keywords, Recorder


@final
@dataclass(frozen=True)
class BatchNorm(AbstractOp):
    r"""Batch norm is affine per channel: its own gradient is LRP-0, and its shift keeps its share.

    .. math:: z = \frac{w}{\sqrt{\mathrm{var} + \varepsilon}} a
              + \Bigl(b - \frac{w\,\mathrm{mean}}{\sqrt{\mathrm{var} + \varepsilon}}\Bigr)

    Shapes: ``a``, ``z``: ``[N, channels, *positions]``; the rest: ``[channels]``.
    Without running statistics the op depends on the other samples of the batch, and no rule is known.
    """

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Normalise by the running statistics where there are any."""
        bound = _bind(*args, **kwargs)
        has_statistics = bound["running_mean"] is not None
        if has_statistics:
            bound["training"] = False
        if bound["input"].requires_grad:
            recorder.record(self.kind if has_statistics else Kind.UNKNOWN, self.name)
        return func(**bound)


def _bind(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> dict[str, Any]:
    return {
        "input": input,
        "running_mean": running_mean,
        "running_var": running_var,
        "weight": weight,
        "bias": bias,
        "training": training,
        "momentum": momentum,
        "eps": eps,
    }


TABLE = {F.batch_norm: BatchNorm(Kind.NORMALIZATION, "batch_norm")}
