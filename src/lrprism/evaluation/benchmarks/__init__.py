"""Benchmarks of other people whose truth is known, each with its data, network and score.

``make_data`` draws from a seed, ``train`` returns a small seeded network, ``score`` compares relevance with
the truth. ``make court`` runs our methods on all of them and writes docs/court.md.
"""

from lrprism.evaluation.benchmarks import (
    arithmetic,
    beam,
    beam_networks,
    beam_resnet,
    geoscience,
    pulses,
    scores,
    state,
    tetromino,
)

__all__ = [
    "arithmetic",
    "beam",
    "beam_networks",
    "beam_resnet",
    "geoscience",
    "pulses",
    "scores",
    "state",
    "tetromino",
]
