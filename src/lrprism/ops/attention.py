"""Scaled dot product attention: two products with a softmax between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, final

from torch import Tensor
from torch.nn import functional as F

from lrprism.ops.arguments import read_argument
from lrprism.ops.gating import rate_gates
from lrprism.ops.kinds import Kind
from lrprism.ops.names import aten_named
from lrprism.ops.nested import is_live
from lrprism.ops.op import AbstractOp, Arguments, Keywords, Recorder
from lrprism.ops.products import give_share, shares_of
from lrprism.ops.tape import Tape
from lrprism.rules import AbstractProductRule, Gating


class _Shares(NamedTuple):
    """The shares of query, key and value, by the looks of the factors of both products.

    Args:
        tape: The tape of the call, whose rule decides.
        value_looks: How attention weights and value look; None unless both are live.
        query_looks: How query and key look; None unless both are live.
    """

    tape: Tape
    value_looks: tuple[Gating, ...] | None
    query_looks: tuple[Gating, ...] | None

    def of_weights_and_value(self) -> tuple[float, ...]:
        """Return the shares of the attention weights and of the value."""
        return (1.0, 1.0) if self.value_looks is None else shares_of(self.tape, self.value_looks)

    def of_query_and_key(self) -> tuple[float, ...]:
        """Return the shares of query and key in the relevance of the scores."""
        return (1.0, 1.0) if self.query_looks is None else shares_of(self.tape, self.query_looks)


@final
class Attention(AbstractOp):
    r"""``softmax(q k^T / scale + mask) v`` in one call, dropout off.

    .. math:: O = A V, \quad A = \mathrm{softmax}(S), \quad S = \frac{Q K^\top}{\sqrt{d}} + M

    The rule shares the relevance of ``O`` between ``A`` and ``V``, and that of ``S`` between ``Q`` and ``K``;
    the softmax has its plain gradient. AttnLRP: halves at both products. CP-LRP: ``V`` gets all.
    """

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Run the fused attention on operands that get their shares."""
        return self._run(recorder, func, *args, **kwargs)

    def _run(
        self,
        recorder: Recorder,
        func: Callable[..., Any],
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor | None = None,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        **options: Any,
    ) -> Any:
        del dropout_p
        operands = (query, key, value, attn_mask)
        # the softmax and the scale keep their gradient inside the fused kernel
        if is_live(operands):
            tape = recorder.start_tape(self.kind, self.name, (AbstractProductRule,))
            query, key, value, attn_mask = _with_shares(recorder, tape, *operands)
        return func(query, key, value, attn_mask=attn_mask, dropout_p=0.0, is_causal=is_causal, **options)


@final
class FlashAttention(AbstractOp):
    """Attention as exported programs call it on the CPU, which also returns the logarithms of the sums."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Run the fused attention on operands that get their shares; the logarithms are a constant."""
        query, key, value = args[:3]
        causal = read_argument(args, kwargs, 4, "is_causal") or False
        mask = kwargs.get("attn_mask")
        if is_live((query, key, value, mask)):
            tape = recorder.start_tape(self.kind, self.name, (AbstractProductRule,))
            query, key, value, mask = _with_shares(recorder, tape, query, key, value, mask)
        scale = kwargs.get("scale")
        # dropout off
        z, logarithms = func(query, key, value, 0.0, causal, attn_mask=mask, scale=scale)
        return z, logarithms.detach()


def _with_shares(
    recorder: Recorder, tape: Tape, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """Return the operands, each of which gets its share."""
    # weights times value is a product of live factors if the scores or the mask are live too
    has_value = value.requires_grad and is_live((query, key, mask))
    has_query = query.requires_grad and key.requires_grad
    shares = _Shares(
        tape,
        (Gating.GATE, *rate_gates(recorder, [value])) if has_value else None,
        rate_gates(recorder, [query, key]) if has_query else None,
    )

    def give(operand: Tensor, share: Callable[[], float]) -> Tensor:
        return give_share(operand, share) if operand.requires_grad else operand

    return (
        give(query, lambda: shares.of_weights_and_value()[0] * shares.of_query_and_key()[0]),
        give(key, lambda: shares.of_weights_and_value()[0] * shares.of_query_and_key()[1]),
        give(value, lambda: shares.of_weights_and_value()[1]),
        None if mask is None else give(mask, lambda: shares.of_weights_and_value()[0]),
    )


_NAME = "scaled_dot_product_attention"

TABLE: dict[Any, AbstractOp] = {
    F.scaled_dot_product_attention: Attention(Kind.ATTENTION, _NAME),
    **dict.fromkeys(
        aten_named("_scaled_dot_product_flash_attention_for_cpu"), FlashAttention(Kind.ATTENTION, _NAME)
    ),
}
