"""Captum's noise tunnel, metrics and pictures with an explainer of lrprism in the place of Captum's own.

    python examples/plugs/captum_noise_tunnel.py --out tunnel.png

It needs ``pip install 'lrprism[captum]'``.
"""

import argparse
from pathlib import Path

import torch
from captum.attr import NoiseTunnel, visualization
from captum.metrics import infidelity, infidelity_perturb_func_decorator, sensitivity_max
from matplotlib import pyplot
from matplotlib.figure import Figure
from planted_squares import Pictures, draw_pictures, share_in_square, train_network
from torch import Tensor, nn

import lrprism as lp


def smooth(explainer: lp.LRP, pictures: Pictures) -> tuple[Tensor, Tensor]:
    """Return the mean map of 20 noisy copies of each picture, and the delta of each copy, ``[N * 20]``."""
    torch.manual_seed(0)
    tunnel = NoiseTunnel(explainer)
    relevance, delta = tunnel.attribute(
        pictures.x,
        nt_type="smoothgrad",
        nt_samples=20,
        stdevs=0.1,
        target=pictures.y,
        baselines=0.0,  # relevance of the difference from a black picture: biases keep nothing
        return_convergence_delta=True,
    )
    return relevance, delta


@infidelity_perturb_func_decorator(multiply_by_inputs=True)  # relevance is an amount and no slope
def move(x: Tensor) -> Tensor:
    """Return the picture after a small step of each pixel."""
    return x - 0.01 * torch.randn_like(x)


def measure(network: nn.Module, explainer: lp.LRP, pictures: Pictures) -> dict[str, float]:
    """Return Captum's metrics: infidelity and largest sensitivity, lower is better."""
    torch.manual_seed(0)
    relevance = explainer.attribute(pictures.x, pictures.y)
    gap = infidelity(network, move, pictures.x, relevance, target=pictures.y)
    change = sensitivity_max(explainer.attribute, pictures.x, perturb_radius=0.01, target=pictures.y)
    return {"infidelity": float(gap.mean()), "sensitivity_max": float(change.mean())}


def draw(picture: Tensor, relevance: Tensor) -> Figure:
    """Draw a picture ``[1, y, x]`` and its relevance by Captum's own function."""
    maps, images = (tensor.detach().permute(1, 2, 0).numpy() for tensor in (relevance, picture))
    # of a picture of one channel it wants all three to show it
    images = images.repeat(3, axis=2).clip(0, 1)
    methods, signs = ["original_image", "heat_map"], ["all", "all"]
    figure, _ = visualization.visualize_image_attr_multiple(
        maps, images, methods, signs, titles=["picture", "relevance"], show_colorbar=True, use_pyplot=False
    )
    return figure


def main() -> None:
    """Train, smooth, measure, and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("tunnel.png"))
    out = parser.parse_args().out
    network, pictures = train_network(draw_pictures(400, seed=0)), draw_pictures(20, seed=1)
    explainer = lp.LRP(network)
    relevance, delta = smooth(explainer, pictures)
    print(f"share inside the square {share_in_square(relevance, pictures.truth):.3f}, by chance 0.062")
    print(f"largest delta {float(delta.abs().max()):.1e}")
    for name, value in measure(network, explainer, pictures).items():
        print(f"{name} {value:.4g}")
    figure = draw(pictures.x[0], relevance[0])
    figure.savefig(out, dpi=160)
    pyplot.close(figure)
    print(f"wrote {out}")


if __name__ == "__main__":
    main()
