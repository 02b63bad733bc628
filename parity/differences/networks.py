"""Networks on which additivity is put to the test: what the field builds, beside what the peers support."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision import models as vision

from architectures.written_out import UNet
from parity.differences import supported
from parity.models import Subject
from parity.traps import Network

VECTOR, IMAGE, SERIES = (2, 12), (2, 3, 16, 16), (2, 6, 8)


def _hidden(forward: Callable[[Any, Tensor], Tensor], **layers: nn.Module) -> nn.Module:
    """Return a linear layer, what stands between 16 and 16 numbers, and another linear layer."""
    return Network(
        lambda self, x: self.head(forward(self, self.first(x))),
        first=nn.Linear(12, 16),
        head=nn.Linear(16, 5),
        **layers,
    )


def _series(forward: Callable[[Any, Tensor], Tensor], **layers: nn.Module) -> nn.Module:
    """Return what stands between a series ``[N, 6, 8]`` and 8 numbers, and a linear layer."""
    return Network(lambda self, x: self.head(forward(self, x)), head=nn.Linear(8, 5), **layers)


class LeNet(nn.Module):
    """The network of shap's issue 3938: ReLU and max pooling are functions."""

    def __init__(self) -> None:
        """Make two convolutions and two linear layers."""
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 10, 5), nn.Conv2d(10, 20, 5)
        self.fc1, self.fc2 = nn.Linear(320, 50), nn.Linear(50, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits of images of 28 x 28 pixels."""
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = F.relu(F.max_pool2d(self.conv2(x), 2)).view(-1, 320)
        return self.fc2(F.relu(self.fc1(x)))


def one_relu_for_two_layers() -> nn.Module:
    """A perceptron that calls one ReLU twice."""
    return _hidden(
        lambda self, a: self.relu(self.second(self.relu(a))), relu=nn.ReLU(), second=nn.Linear(16, 16)
    )


def reused_residual() -> nn.Module:
    """A residual block that calls one ReLU twice."""
    return Network(
        lambda self, x: self.head(self.relu(self.conv2(self.relu(self.conv1(x))) + x).mean((2, 3))),
        conv1=nn.Conv2d(3, 3, 3, padding=1),
        conv2=nn.Conv2d(3, 3, 3, padding=1),
        relu=nn.ReLU(),
        head=nn.Linear(3, 5),
    )


def overlapping() -> nn.Module:
    """A network whose pooling windows share pixels."""
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.MaxPool2d(3, 2, 1),
        nn.Conv2d(8, 8, 3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(8 * 8 * 8, 5),
    )


def _norm_in_front() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 14 * 14, 5)
    )


def _norm_behind() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.ReLU(), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(8 * 14 * 14, 5)
    )


def softmax_at_the_end() -> nn.Module:
    """A perceptron that returns probabilities."""
    return nn.Sequential(nn.Linear(12, 16), nn.ReLU(), nn.Linear(16, 5), nn.Softmax(1))


def attend(self: Any, x: Tensor) -> Tensor:
    """Attend by the function of torch, with one head."""
    query, key, value = self.project(x).chunk(3, -1)
    return F.scaled_dot_product_attention(query, key, value).mean(1)


def weigh_by_softmax(self: Any, x: Tensor) -> Tensor:
    """Return the mean over a series, weighted by a softmax of scores."""
    return (F.softmax(self.score(x), 1) * x).sum(1)


class FeatureTokens(nn.Module):
    """A token per feature and an encoder, as in shap's issue 4251 (FT-Transformer)."""

    def __init__(self) -> None:
        """Make the tokens, two encoder layers and the head."""
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.randn(12, 8)), nn.Parameter(torch.randn(12, 8))
        layers = (nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True) for _ in range(2))
        self.encoder, self.head = nn.Sequential(*layers), nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits of rows of 12 features."""
        return self.head(self.encoder(x.unsqueeze(-1) * self.weight + self.bias).mean(1))


def squeeze_and_excite(self: Any, x: Tensor) -> Tensor:
    """Scale each channel by a gate that sees the means of all."""
    a = self.relu1(self.conv(x))
    gate = self.sigmoid(self.up(self.relu2(self.down(a.mean((2, 3))))))
    return self.head((a * gate[..., None, None]).mean((2, 3)))


def _squeeze_and_excite() -> nn.Module:
    return Network(
        squeeze_and_excite,
        conv=nn.Conv2d(3, 8, 3),
        relu1=nn.ReLU(),
        down=nn.Linear(8, 4),
        relu2=nn.ReLU(),
        up=nn.Linear(4, 8),
        sigmoid=nn.Sigmoid(),
        head=nn.Linear(8, 5),
    )


def _unet() -> nn.Module:
    return Network(lambda self, x: self.unet(x).mean((2, 3)), unet=UNet(3, 5))


def _gated() -> nn.Module:
    return _hidden(
        lambda self, a: self.down(self.silu(self.gate(a)) * self.up(a)),
        gate=nn.Linear(16, 24),
        up=nn.Linear(16, 24),
        down=nn.Linear(24, 16),
        silu=nn.SiLU(),
    )


def _published(name: str, **options: Any) -> Callable[[], nn.Module]:
    return lambda: getattr(vision, name)(num_classes=10, **options)


PHOTOGRAPH = (2, 3, 32, 32)
SUBJECTS = [
    Subject("modules alone, each called once", lambda: supported.mlp(nn.ReLU), VECTOR),
    Subject("`nn.MaxPool2d` behind a convolution", supported.pooled_2d, IMAGE),
    Subject("`nn.MaxPool2d` behind `nn.ReLU`", supported.rectified_and_pooled, IMAGE),
    Subject("`nn.MaxPool2d(3, 2, 1)`: windows overlap", overlapping, IMAGE),
    Subject("`F.relu`", lambda: _hidden(lambda _, a: F.relu(a)), VECTOR),
    Subject("LeNet with `F.relu` and `F.max_pool2d` (shap 3938)", LeNet, (2, 1, 28, 28)),
    Subject("one `nn.ReLU` behind two layers", one_relu_for_two_layers, VECTOR),
    Subject("residual network, each ReLU its own module", lambda: supported.resnet(8, 16), IMAGE),
    Subject("residual block with one `nn.ReLU` for both", reused_residual, IMAGE),
    Subject("`nn.BatchNorm2d` in front of ReLU", _norm_in_front, IMAGE),
    Subject("`nn.BatchNorm2d` behind ReLU", _norm_behind, IMAGE),
    Subject("`nn.GELU`", lambda: supported.mlp(nn.GELU), VECTOR),
    Subject("`nn.SiLU`", lambda: supported.mlp(nn.SiLU), VECTOR),
    Subject("`nn.LayerNorm`", lambda: _hidden(lambda self, a: self.norm(a), norm=nn.LayerNorm(16)), VECTOR),
    Subject(
        "`nn.GroupNorm`", lambda: _hidden(lambda self, a: self.norm(a), norm=nn.GroupNorm(4, 16)), VECTOR
    ),
    Subject("`nn.RMSNorm`", lambda: _hidden(lambda self, a: self.norm(a), norm=nn.RMSNorm(16)), VECTOR),
    Subject("`nn.Softmax` at the end", softmax_at_the_end, VECTOR),
    Subject("`F.softmax` as weights", lambda: _series(weigh_by_softmax, score=nn.Linear(8, 1)), SERIES),
    Subject("`torch.exp`", lambda: _hidden(lambda _, a: torch.exp(a)), VECTOR),
    Subject("product of two branches", lambda: _hidden(lambda _, a: a * torch.tanh(a.flip(1))), VECTOR),
    Subject("gated MLP (SwiGLU)", _gated, VECTOR),
    Subject("squeeze-and-excite", _squeeze_and_excite, IMAGE),
    Subject(
        "`nn.MultiheadAttention`",
        lambda: _series(
            lambda self, x: self.attention(x, x, x)[0].mean(1),
            attention=nn.MultiheadAttention(8, 2, batch_first=True),
        ),
        SERIES,
    ),
    Subject("`F.scaled_dot_product_attention`", lambda: _series(attend, project=nn.Linear(8, 24)), SERIES),
    Subject("FT-Transformer of `nn.TransformerEncoderLayer` (shap 4251)", FeatureTokens, VECTOR),
    Subject(
        "`nn.LSTM`",
        lambda: _series(lambda self, x: self.cell(x)[0][:, -1], cell=nn.LSTM(8, 8, batch_first=True)),
        SERIES,
    ),
    Subject(
        "`nn.GRU`",
        lambda: _series(lambda self, x: self.cell(x)[0][:, -1], cell=nn.GRU(8, 8, batch_first=True)),
        SERIES,
    ),
    Subject("U-Net, mean over pixels", _unet, IMAGE),
    Subject("torchvision's SqueezeNet 1.1", _published("squeezenet1_1"), PHOTOGRAPH),
    Subject("torchvision's ResNet-18", _published("resnet18"), PHOTOGRAPH),
    Subject("torchvision's DenseNet-121", _published("densenet121"), PHOTOGRAPH),
    Subject("torchvision's MobileNet v3, small", _published("mobilenet_v3_small"), PHOTOGRAPH),
    Subject("torchvision's ConvNeXt, tiny", _published("convnext_tiny"), PHOTOGRAPH),
    Subject(
        "torchvision's vision transformer, 2 layers",
        lambda: vision.VisionTransformer(32, 8, 2, 4, 32, 64, num_classes=10),
        PHOTOGRAPH,
    ),
]
