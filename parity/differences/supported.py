"""Networks that Captum's DeepLift or SHAP's DeepExplainer supports: modules alone, each called once."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from parity.models import Subject

REFERENCES = 3
BOTH = ("captum", "shap")
SHAP = ("shap",)


@dataclass(frozen=True)
class Supported:
    """A network, and the peers whose maps ours should equal."""

    subject: Subject
    peers: tuple[str, ...] = BOTH


class Residual(nn.Module):
    """A block of two convolutions and a shortcut; each ReLU is a module of its own, none in place."""

    def __init__(self, channels: int, filters: int, stride: int = 1) -> None:
        """Make the layers."""
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, filters, 3, stride, 1, bias=False),
            nn.BatchNorm2d(filters),
            nn.ReLU(),
            nn.Conv2d(filters, filters, 3, padding=1, bias=False),
            nn.BatchNorm2d(filters),
        )
        self.shortcut = (
            nn.Sequential(nn.Conv2d(channels, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))
            if stride > 1
            else nn.Identity()
        )
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Add the shortcut, then rectify."""
        return self.relu(self.body(x) + self.shortcut(x))


def resnet(*stages: int) -> nn.Module:
    """Return a residual network: two blocks per stage, all stages but the first halve the map."""
    layers: list[nn.Module] = [
        nn.Conv2d(3, stages[0], 3, padding=1, bias=False),
        nn.BatchNorm2d(stages[0]),
        nn.ReLU(),
    ]
    before = stages[0]
    for filters in stages:
        layers += [Residual(before, filters, 1 if filters == before else 2), Residual(filters, filters)]
        before = filters
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, 10))


def cnn(*filters: int, size: int) -> nn.Module:
    """Return convolutions with batch norm and ReLU; mean pooling halves the map behind each."""
    layers: list[nn.Module] = []
    for before, after in zip((3, *filters), filters, strict=False):
        layers += [
            nn.Conv2d(before, after, 3, padding=1),
            nn.BatchNorm2d(after),
            nn.ReLU(),
            nn.AvgPool2d(2),
        ]
    flat = filters[-1] * (size >> len(filters)) ** 2
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(flat, 64), nn.ReLU(), nn.Linear(64, 10))


def mlp(activation: Callable[[], nn.Module]) -> nn.Module:
    """Return three linear layers with two activations."""
    return nn.Sequential(nn.Linear(12, 16), activation(), nn.Linear(16, 16), activation(), nn.Linear(16, 5))


def pooled_1d() -> nn.Module:
    """A network for spectra of 60 bands, whose max pooling follows a convolution."""
    return nn.Sequential(
        nn.Conv1d(1, 8, 5, padding=2),
        nn.MaxPool1d(2),
        nn.Conv1d(8, 8, 5),
        nn.ELU(),
        nn.AvgPool1d(2),
        nn.Flatten(),
        nn.Linear(8 * 13, 5),
    )


def pooled_2d() -> nn.Module:
    """A network for images, whose max pooling follows a convolution."""
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, padding=1),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(8 * 4 * 4, 5),
    )


def pooled_3d() -> nn.Module:
    """A network for cubes of 16 bands, whose max pooling follows a convolution."""
    return nn.Sequential(
        nn.Conv3d(1, 4, 3, padding=1),
        nn.MaxPool3d((2, 1, 1)),
        nn.Conv3d(4, 4, 3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(4 * 6 * 6 * 6, 5),
    )


def rectified_and_pooled() -> nn.Module:
    """A network whose max pooling follows a ReLU."""
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(8 * 4 * 4, 5),
    )


def _mlp_of(activation: type[nn.Module]) -> Subject:
    return Subject(f"MLP, `nn.{activation.__name__}`", lambda: mlp(activation), (1 + REFERENCES, 12))


ACTIVATIONS = (nn.ReLU, nn.LeakyReLU, nn.ELU, nn.Softplus, nn.Sigmoid, nn.Tanh)
IMAGES = (1 + REFERENCES, 3, 16, 16)
SUPPORTED = [
    *(Supported(_mlp_of(activation)) for activation in ACTIVATIONS),
    *(Supported(_mlp_of(activation), SHAP) for activation in (nn.SELU, nn.GELU)),
    Supported(Subject("1-D CNN, max pooling behind a convolution", pooled_1d, (1 + REFERENCES, 1, 60))),
    Supported(Subject("2-D CNN, max pooling behind a convolution", pooled_2d, IMAGES)),
    Supported(Subject("3-D CNN, max pooling behind a convolution", pooled_3d, (1 + REFERENCES, 1, 16, 8, 8))),
    Supported(Subject("2-D CNN, mean pooling", lambda: cnn(8, 16, size=16), IMAGES)),
    Supported(Subject("2-D CNN, max pooling behind a ReLU", rectified_and_pooled, IMAGES), SHAP),
    Supported(Subject("residual network, each ReLU its own module", lambda: resnet(8, 16), IMAGES)),
]
