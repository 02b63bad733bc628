"""Subjects of the benchmarks: models with seeded random weights, and new random inputs for every round."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from lrprism.spectral.networks import HybridSN, Hyper3DNetLite

LOW, HIGH = -1.0, 1.0  # every float input lies between them, as in parity/models.py


@dataclass(frozen=True)
class Sample:
    """One input in the two forms that contestants take, and the classes to explain.

    Args:
        x: What the model takes: floats, or token ids.
        leaf: The floats that a gradient is taken for: ``x`` itself, or the embedded tokens.
        classes: The predicted class of each sample, ``[N]``.
    """

    x: Tensor
    leaf: Tensor
    classes: Tensor

    def rows(self, numbers: list[int]) -> "Sample":
        """Return some of the samples."""
        return Sample(self.x[numbers], self.leaf[numbers], self.classes[numbers])

    def double(self) -> "Sample":
        """Return the same in float64; token ids stay as they are."""
        x = self.x.double() if self.x.is_floating_point() else self.x
        return Sample(x, self.leaf.double(), self.classes)


@dataclass(frozen=True)
class Subject:
    """A model, its input, and what is asked about it.

    Args:
        key: Its name on the command line.
        title: Its name on the page.
        build: Makes the model; the seed is set before.
        shape: Shape of the input.
        presets: Names of the presets to measure, as in :data:`benchmarks.contestants.PRESETS`.
        main: The one of them for the questions that are asked of one preset only.
        tokens: Size of the vocabulary, if the input is token ids.
        extras: Further questions: any key of :data:`benchmarks.contestants.EXTRAS`.
        remembered: Whether the memory is measured; pointless where an explanation needs next to none.
    """

    key: str
    title: str
    build: Callable[[], nn.Module]
    shape: tuple[int, ...]
    presets: tuple[str, ...]
    main: str = "EpsilonGamma"
    tokens: int = 0
    extras: tuple[str, ...] = ("first call", "audit")
    remembered: bool = True

    def load(self, device: str = "cpu") -> "Loaded":
        """Build the model: in eval mode, no parameter asks for a gradient."""
        torch.manual_seed(0)
        model = self.build().eval().requires_grad_(False).to(device)
        return Loaded(self, model, FromEmbeddings(model) if self.tokens else model, torch.device(device))


class FromEmbeddings(nn.Module):
    """A transformer of the package transformers, fed with embedded tokens."""

    def __init__(self, model: nn.Module) -> None:
        """Keep the model."""
        super().__init__()
        self.model = model

    def forward(self, embedded: Tensor) -> Tensor:
        """Return the logits."""
        return self.model(inputs_embeds=embedded).logits


@dataclass(frozen=True)
class Loaded:
    """A model that is ready to be explained.

    Args:
        subject: Its description.
        model: The model as a user has it.
        from_leaf: The same, from :attr:`Sample.leaf` to logits.
        device: The device that holds it.
    """

    subject: Subject
    model: nn.Module = field(repr=False)
    from_leaf: nn.Module = field(repr=False)
    device: torch.device

    def sample(self, number: int) -> Sample:
        """Draw the input of a round: another one for another number, the same for all contestants."""
        generator = torch.Generator().manual_seed(number)
        # token ids are drawn too
        if self.subject.tokens:
            x = torch.randint(self.subject.tokens, self.subject.shape, generator=generator)
        else:
            x = torch.empty(self.subject.shape).uniform_(LOW, HIGH, generator=generator)
        x = x.to(self.device)
        with torch.no_grad():
            leaf = self.model.get_input_embeddings()(x) if self.subject.tokens else x
            classes = self.from_leaf(leaf).argmax(1)
        return Sample(x, leaf, classes)


def draw(model: nn.Module, *, layers: bool = True) -> nn.Module:
    """Draw weights that keep activations near one; every additive constant is zero.

    Libraries treat biases differently. With none their sums of relevance can be compared; the parameters
    stay, so that their cost is paid.

    Args:
        model: The model.
        layers: Whether convolutions and linear layers are drawn too; only those that are zero otherwise.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Conv3d | nn.Linear) and (layers or not module.weight.any()):
            nn.init.kaiming_normal_(module.weight)
        # running statistics that differ from 0 and 1, as after a training
        if isinstance(module, _BatchNorm):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(parameter)
    return model


def mlp() -> nn.Module:
    """Build three linear layers."""
    layers = (nn.Linear(200, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 16))
    return draw(nn.Sequential(*layers))


def hyper3dnetlite(bands: int, classes: int) -> nn.Module:
    """Build the network of the 2020 tutorial, for windows of 25 x 25 pixels."""
    return draw(Hyper3DNetLite(bands, classes))


def hybridsn(bands: int, classes: int) -> nn.Module:
    """Build HybridSN for windows of 25 x 25 pixels."""
    return draw(HybridSN(bands, classes))


def build_torchvision(name: str) -> nn.Module:
    """Build a network of torchvision with 1000 classes."""
    from torchvision_beside_cpu import import_torchvision  # late: it lies in tests/

    model = getattr(import_torchvision().models, name)(weights=None)
    return draw(model, layers=not name.startswith("vit"))


def bert() -> nn.Module:
    """Build BERT-base with a classifier of 10 classes."""
    from torchvision_beside_cpu import import_torchvision  # late, as above; transformers imports torchvision

    import_torchvision()
    from transformers import BertConfig, BertForSequenceClassification

    return draw(BertForSequenceClassification(BertConfig(num_labels=10)), layers=False)


def stack(depth: int) -> nn.Module:
    """Build a plain stack of convolutions of 16 channels, each with a ReLU, and a linear layer."""
    layers: list[nn.Module] = []
    for number in range(depth):
        layers += [nn.Conv2d(16 if number else 3, 16, 3, padding=1), nn.ReLU()]
    return draw(nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10)))


OF_CONVOLUTIONS = ("Epsilon", "EpsilonPlus", "EpsilonGamma", "EpsilonGammaBox", "EpsilonAlpha2Beta1")


def _hyper3dnetlite(batch: int, *more: str) -> Subject:
    return Subject(
        f"hyper3dnetlite-{batch}",
        f"Hyper3DNetLite, {batch} patch{'es' if batch > 1 else ''} of 18 bands",
        partial(hyper3dnetlite, 18, 3),
        (batch, 1, 18, 25, 25),
        (*OF_CONVOLUTIONS, "Hyper3DNetTutorial"),
        extras=("first call", "audit", *more),
    )


def _images(
    key: str, title: str, name: str, batch: int, presets: tuple[str, ...], main: str = "EpsilonGamma"
) -> Subject:
    return Subject(key, title, partial(build_torchvision, name), (batch, 3, 224, 224), presets, main)


MLP = Subject(
    "mlp",
    "MLP of 3 layers, 1 sample",
    mlp,
    (1, 200),
    (*OF_CONVOLUTIONS, "AttnLRP"),
    extras=("first call", "audit", "16 classes"),
    remembered=False,
)
HYPER3DNETLITE = _hyper3dnetlite(16)
SUBJECTS = (
    MLP,
    _hyper3dnetlite(1),
    HYPER3DNETLITE,
    _hyper3dnetlite(64, "in parts of 8"),
    Subject(
        "hybridsn",
        "HybridSN, 4 patches of 200 bands",
        partial(hybridsn, 200, 16),
        (4, 1, 200, 25, 25),
        OF_CONVOLUTIONS,
        extras=("first call", "audit", "16 classes"),
    ),
    _images("vgg16", "VGG-16, 2 images", "vgg16", 2, OF_CONVOLUTIONS),
    _images("resnet50", "ResNet-50, 4 images", "resnet50", 4, OF_CONVOLUTIONS),
    _images("vit", "ViT-B/16, 1 image", "vit_b_16", 1, ("Epsilon", "EpsilonGamma", "AttnLRP"), "AttnLRP"),
    Subject(
        "bert", "BERT-base, 128 tokens", bert, (1, 128), ("Epsilon", "AttnLRP"), main="AttnLRP", tokens=30522
    ),
)
