"""Colours as eyes see them: distances that look alike, also to dichromats."""

import itertools
from collections.abc import Iterable

import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

SIGHT = {
    "common": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
"""Linear RGB as dichromats see it: Machado, Oliveira and Fernandes 2009, severity 1."""


def see(colour: object, sight: str = "common") -> NDArray[np.float64]:
    """Return a colour in OKLab (Ottosson 2020): lightness and two opponent axes."""
    srgb = np.array(to_rgb(colour))  # type: ignore[arg-type]
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.asarray(SIGHT[sight]) @ linear, 0.0, 1.0)
    cones = [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
    axes = [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
    return np.asarray(axes @ np.cbrt(cones @ linear))


def find_nearest(colours: Iterable[object], sight: str) -> float:
    """Return the smallest distance between two of the colours; 0.02 is just seen."""
    seen = [see(colour, sight) for colour in colours]
    return float(min(np.linalg.norm(first - second) for first, second in itertools.combinations(seen, 2)))
