"""Networks on which attribution libraries part ways, each with the textbook map worked out beside it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from parity import models, textbook
from parity.models import Subject
from parity.peers import AUTOLRP_CPLRP, Explain, by_autolrp
from parity.special import alpha_beta_runs, second_call_runs


class Network(nn.Module):
    """A model from a function of itself and its input, and a few layers."""

    def __init__(self, function: Callable[[Any, Tensor], Tensor], **layers: nn.Module) -> None:
        """Register the layers under their names."""
        super().__init__()
        for name, layer in layers.items():
            self.add_module(name, layer)
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        """Call the function."""
        return self.function(self, x)


@dataclass(frozen=True)
class Trap:
    """One sample, one class and the map that the textbook gives.

    Args:
        why: What makes the map the textbook's, in a sentence.
        model: The network, in float64.
        x: The sample.
        expected: Its relevance for class ``number``.
        number: The class.
        runs: Asks each library, where the usual way (LRP-ε, ε = 1e-9) is not the question; None where
            a library has no such rule.
    """

    why: str
    model: nn.Module
    x: Tensor
    expected: Tensor
    number: int = 0
    runs: dict[str, Explain | None] = field(default_factory=dict)


def _linear(inputs: int, outputs: int) -> nn.Linear:
    return nn.Linear(inputs, outputs, bias=False).double()


def _tensor(*rows: list[float]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def _x(*shape: int) -> Tensor:
    return torch.randn(shape, dtype=torch.float64)


def residual() -> Trap:
    """Four residual blocks."""
    blocks = {f"f{i}": _linear(6, 6) for i in range(4)}
    relus = {f"relu{i}": nn.ReLU() for i in range(4)}

    def forward(self: Any, x: Tensor) -> Tensor:
        for i in range(4):
            x = x + getattr(self, f"relu{i}")(getattr(self, f"f{i}")(x))
        return self.head(x)

    head, x = _linear(6, 3), _x(1, 6)
    expected = textbook.residual([f.weight for f in blocks.values()], head.weight, x, 0)
    why = "each summand gets its share of the sum; without biases nothing is lost"
    return Trap(why, Network(forward, head=head, **blocks, **relus), x, expected)


def _piecewise_linear(subject: Subject, why: str) -> Trap:
    model, x = subject.make(torch.float64)
    number = int(model(x)[0].argmax())
    return Trap(why, model, x[:1], textbook.gradient_times_input(model, x[:1], number), number)


def resnet() -> Trap:
    """A network of torchvision as it is."""
    why = "linear piece by piece, so LRP-0 is gradient × input; without constants nothing is lost"
    return _piecewise_linear(models.PLAIN_RESNET18, why)


def cnn3d() -> Trap:
    """Convolutions over bands, rows and columns."""
    return _piecewise_linear(models.PLAIN_CNN3D, "linear piece by piece: gradient × input")


def layer_called_twice() -> Trap:
    """One layer called twice."""
    layer, head, x = _linear(5, 5), _linear(5, 3), _x(1, 5)
    model = Network(
        lambda self, x: self.head(self.relu2(self.layer(self.relu1(self.layer(x))))),
        layer=layer,
        relu1=nn.ReLU(),
        relu2=nn.ReLU(),
        head=head,
    )
    # from the top: head, second call, first call
    a = layer(x).relu()
    top = _head_relevance(head, layer(a).relu())
    expected = textbook.linear(x, layer.weight, textbook.linear(a, layer.weight, top))
    return Trap("LRP-ε once for each call, with the input of that call", model, x, expected)


def _head_relevance(head: nn.Linear, a: Tensor, number: int = 0) -> Tensor:
    """Return the relevance of the inputs of a last layer without bias: ``a_i w_i``."""
    return a * head.weight[number]


def functional(function: Callable[[Tensor], Tensor]) -> Trap:
    """An activation that is no module."""
    first, head, x = _linear(5, 6), _linear(6, 3), _x(1, 5)
    model = Network(lambda self, x: self.head(function(self.first(x))), first=first, head=head)
    expected = textbook.linear(x, first.weight, _head_relevance(head, function(first(x))))
    return Trap("an activation passes relevance on unchanged", model, x, expected)


def normalisation(norm: nn.Module, groups: int) -> Trap:
    """A norm with statistics of the sample itself."""
    norm = norm.double()
    nn.init.uniform_(norm.weight, 0.5, 1.5)
    first, head, x = _linear(5, 6), _linear(6, 3), _x(1, 5)
    model = nn.Sequential(first, norm, head)
    of_norm = textbook.standardise(first(x), norm.weight, _head_relevance(head, norm(first(x))), groups)
    expected = textbook.linear(x, first.weight, of_norm)
    return Trap(
        "the scale 1/σ counts as a constant, the rest is linear (Ali et al. 2022)", model, x, expected
    )


def lstm() -> Trap:
    """A recurrent network, read at its last step."""
    cell = nn.LSTM(3, 4, batch_first=True, bias=False).double()
    head, x = _linear(4, 2), _x(1, 5, 3)
    model = Network(lambda self, x: self.head(self.cell(x)[0][:, -1]), cell=cell, head=head)
    expected = textbook.lstm(cell, x, _head_relevance(head, cell(x)[0][:, -1]))
    return Trap("gates are constants, the signal takes all relevance (Arras et al. 2019)", model, x, expected)


def transformer() -> Trap:
    """An encoder layer, read at its first token."""
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True, bias=False).double().eval()
    head, x = _linear(8, 3), _x(1, 5, 8)
    model = Network(lambda self, x: self.head(self.layer(x)[:, 0]), layer=layer, head=head)
    expected = textbook.gradient_times_input(textbook.FrozenEncoder(layer, head), x, 0)
    why = "CP-LRP: attention weights and 1/σ count as constants (Ali et al. 2022)"
    return Trap(why, model, x, expected, runs={"autolrp": by_autolrp(AUTOLRP_CPLRP)})


def pooling(*, functional: bool) -> Trap:
    """A mean over all positions, as a module or as a method."""
    conv, head, x = nn.Conv2d(2, 4, 3, bias=False).double(), _linear(4, 3), _x(1, 2, 6, 6)
    pool = nn.AdaptiveAvgPool2d(1)
    model = Network(
        lambda self, x: self.head(
            self.relu(self.conv(x)).mean((2, 3))
            if functional
            else self.pool(self.relu(self.conv(x))).flatten(1)
        ),
        conv=conv,
        relu=nn.ReLU(),
        head=head,
        **({} if functional else {"pool": pool}),
    )
    expected = textbook.gradient_times_input(model, x, 0)
    return Trap("a mean shares in proportion to its summands; both spellings are one op", model, x, expected)


def opposite_bias() -> Trap:
    """One layer whose bias speaks against its input."""
    layer = nn.Linear(2, 2).double()
    model = nn.Sequential(layer)  # Captum looks for layers among the children of a model
    layer.weight.data, layer.bias.data = _tensor([3.0, 0.5], [0.0, 0.0]), _tensor([-3.0, 0.0])[0]
    why = "z = 3 + 1 - 3 = 1, so R = (3/1, 1/1) · 1 and the bias keeps -3"
    return Trap(why, model, _tensor([1.0, 2.0]), _tensor([3.0, 1.0]))


def _three_units(first: float, *between: nn.Module) -> nn.Sequential:
    model = nn.Sequential(_linear(2, 3), *between, _linear(3, 2))
    # three units of two inputs, summed by the first class
    model[0].weight.data = _tensor([first, -1.0], [2.0, 1.0], [1.0, 1.0])
    model[-1].weight.data = _tensor([1.0, 1.0, 1.0], [0.0, 0.0, 0.0])
    return model


def zero_sum() -> Trap:
    """A unit whose contributions cancel exactly."""
    why = "z = (0, 3, 2): the first unit is off, R = (2/3 · 3 + 1/2 · 2, 1/3 · 3 + 1/2 · 2)"
    x = _tensor([1.0, 1.0])
    return Trap(why, _three_units(1.0, nn.ReLU()), x, _tensor([3.0, 2.0]))


def minus_epsilon() -> Trap:
    """A unit that an unsigned stabiliser divides by zero."""
    why = "st(z) = z + ε sgn(z) = -2ε: the first unit gives half of (1, -1), the others (3, 2)"
    x = _tensor([1.0, 1.0])
    model = _three_units(1.0 - textbook.EPS)
    return Trap(why, model, x, _tensor([3.5, 1.5]))


def norm_after_relu() -> Trap:
    """Batch norm that no convolution precedes."""
    model = Network(
        lambda self, x: self.head(self.norm(self.relu(self.conv(x))).flatten(1)),
        conv=nn.Conv2d(2, 4, 3),
        relu=nn.ReLU(),
        norm=nn.BatchNorm2d(4),
        head=nn.Linear(4 * 16, 3),
    )
    models.randomise(model.eval(), bias=True)
    model, x = model.double(), _x(1, 2, 6, 6)
    why = "batch norm is a scale and a shift per channel: gradient × input, and constants keep their share"
    return Trap(why, model, x, textbook.gradient_times_input(model, x, 0))


def _mlp() -> tuple[nn.Sequential, Tensor, int, Tensor]:
    """A network, a sample without negative entries, its class, and the relevance of the output."""
    model = nn.Sequential(_linear(5, 6), nn.ReLU(), _linear(6, 3))
    x = torch.rand(1, 5, dtype=torch.float64)
    number = int(model(x).argmax())
    return model, x, number, model(x) * F.one_hot(torch.tensor([number]), 3)


def second_call() -> Trap:
    """LRP-γ asked twice of the same explainer; the second answer counts."""
    model, x, number, top = _mlp()
    a = model[:2](x)
    of_a = textbook.gamma(a, model[2].weight, top, 0.25)
    expected = textbook.gamma(x, model[0].weight, of_a, 0.25)
    why = "LRP-γ (γ = 0.25) in every layer; the second call gives what the first one gave"
    return Trap(why, model, x, expected, number, second_call_runs())


def alpha_beta() -> Trap:
    """Shares whose difference is 1, but not in floating point."""
    model, x, number, top = _mlp()
    a = model[:2](x)
    of_a = textbook.alpha_beta(a, model[2].weight, top, 1.4, 0.4)
    expected = textbook.alpha_beta(x, model[0].weight, of_a, 1.4, 0.4)
    return Trap(
        "1.4 - 0.4 = 1 up to rounding; where nothing is negative, only the 1.4 is shared",
        model,
        x,
        expected,
        number,
        alpha_beta_runs(),
    )


TRAPS: dict[str, Callable[[], Trap]] = {
    "four blocks `x + f(x)`": residual,
    "ResNet-18 of torchvision, zennit without a canonizer for it": resnet,
    "3-D CNN with batch norm": cnn3d,
    "one `nn.Linear` called twice": layer_called_twice,
    "`F.gelu`": lambda: functional(F.gelu),
    "`F.silu`": lambda: functional(F.silu),
    "`x.sigmoid()`": lambda: functional(torch.sigmoid),
    "`nn.LayerNorm`": lambda: normalisation(nn.LayerNorm(6, bias=False), 1),
    "`nn.GroupNorm(2, 6)`": lambda: normalisation(nn.GroupNorm(2, 6), 2),
    "`nn.LSTM`": lstm,
    "`nn.TransformerEncoderLayer`": transformer,
    "`nn.AdaptiveAvgPool2d(1)`": lambda: pooling(functional=False),
    "`x.mean((2, 3))`": lambda: pooling(functional=True),
    "bias of the opposite sign": opposite_bias,
    "z exactly 0": zero_sum,
    "z = -ε": minus_epsilon,
    "batch norm after ReLU": norm_after_relu,
    "the second identical call": second_call,
    "AlphaBeta(1.4, 0.4)": alpha_beta,
}
