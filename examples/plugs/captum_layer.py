"""Relevance at a layer, as Captum's ``LayerLRP`` gives it, for any network and any rule.

    python examples/plugs/captum_layer.py

The map at a layer, what biases and ε behind the layer kept, and the explained logit: an account that adds up.
It needs ``pip install 'lrprism[captum]'``.
"""

from typing import NamedTuple

from captum.attr import LayerAttribution
from planted_squares import Pictures, draw_pictures, share_in_square, train_network
from torch import Tensor, nn

import lrprism as lp


class Finding(NamedTuple):
    """Relevance at a layer.

    Args:
        name: The path of the layer.
        relevance: Its relevance, ``[N, channel, y, x]``.
        delta: What stayed between the layer and the logit, ``[N]``.
        share: The share of positive relevance inside the squares, after the map is brought to their size.
    """

    name: str
    relevance: Tensor
    delta: Tensor
    share: float


def explain_layers(network: nn.Sequential, pictures: Pictures) -> list[Finding]:
    """Explain at the outputs of both convolutions and of the pools behind them, in one pass."""
    names = ["0", "2", "3", "5"]
    layers = [network.get_submodule(name) for name in names]
    maps, deltas = lp.LRP(network).attribute(
        pictures.x, pictures.y, layer=layers, return_convergence_delta=True
    )
    findings = []
    for name, relevance, delta in zip(names, maps, deltas, strict=True):
        # Captum's own helper brings a coarse map to the size of the picture
        fine = LayerAttribution.interpolate(relevance.sum(1, keepdim=True), pictures.x.shape[2:])
        findings.append(Finding(name, relevance, delta, share_in_square(fine, pictures.truth)))
    return findings


def main() -> None:
    """Train, explain, and print the sums."""
    network, pictures = train_network(draw_pictures(400, seed=0)), draw_pictures(20, seed=1)
    logits = network(pictures.x).gather(1, pictures.y[:, None])[:, 0].detach()
    print("layer  relevance  stayed above  explained logit  share inside the square")
    for name, relevance, delta, share in explain_layers(network, pictures):
        sums = float(relevance.sum()), float(delta.sum()), float(logits.sum())
        print(f"{name:>5} {sums[0]:>10.3f} {sums[1]:>13.3f} {sums[2]:>16.3f} {share:>24.3f}")


if __name__ == "__main__":
    main()
