"""The outline of a leaf in a small image, and the light on it."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from lrprism.spectral.simulate.arrays import Numbers

_FINE: Final = 4  # a pixel is looked at in 4 x 4 points: what they share is the mixture at an edge
_POINTED: Final = 0.35  # how much narrower a leaf is towards its tip than towards its stalk
_DARKER: Final = 0.25  # light that a leaf, which bends away from its middle, loses at its edge


@dataclass(frozen=True, eq=False)
class LeafPicture:
    """A leaf as it lies in an image.

    Shapes: all ``[y, x]``.

    Args:
        share: Share of leaf in each pixel.
        tip: Share of the half of the leaf that is nearer to its tip.
        light: Light on the leaf, about 1.
        light_on_ground: Light on what lies around it.
    """

    share: Numbers
    tip: Numbers
    light: Numbers
    light_on_ground: Numbers


def draw_leaf(window: int, generator: np.random.Generator) -> LeafPicture:
    r"""Draw a leaf of random place, direction and size, under light that falls off to one side.

    With u along the leaf and v across, in units of its half length and half width, a point belongs to it
    where

    .. math:: |v| \le (1 - u^2)(1 - 0.35\,u), \qquad |u| \le 1

    and :math:`u > 0` is the half towards the tip. The light is
    :math:`L\,(1 + g (X \cos\phi + Y \sin\phi))(1 - 0.25\,v^2)` with X and Y from -1 to 1 over the image; what
    lies around has no bend and so no last factor.

    Args:
        window: Side of the image in pixels.
        generator: Source of the random numbers.
    """
    u, v = _leaf_coordinates(window, generator)
    inside = (np.abs(u) <= 1) & (np.abs(v) <= (1 - u**2) * (1 - _POINTED * u))
    x, y = np.meshgrid(*[np.linspace(-1, 1, window)] * 2)
    slope, phi = generator.uniform(0, 0.25), generator.uniform(0, 2 * np.pi)
    ground = generator.normal(1, 0.08) * (1 + slope * (x * np.cos(phi) + y * np.sin(phi)))
    bend = np.where(inside, 1 - _DARKER * v**2, 0)
    share = _average_points(inside.astype(np.float64))
    # the bend of the leaf alone, not of what shows beside it
    curved = np.divide(_average_points(bend), share, out=np.ones_like(share), where=share > 0)
    return LeafPicture(share, _average_points((inside & (u > 0)).astype(np.float64)), ground * curved, ground)


def _leaf_coordinates(window: int, generator: np.random.Generator) -> tuple[Numbers, Numbers]:
    # the middle of the leaf wanders by a tenth of the image; the leaf may reach over its border
    centre = window * (0.5 + generator.uniform(-0.1, 0.1, 2))
    angle = generator.uniform(0, 2 * np.pi)
    length, width = window * generator.uniform(0.45, 0.6), window * generator.uniform(0.22, 0.32)
    point = (np.arange(window * _FINE) + 0.5) / _FINE
    x, y = np.meshgrid(point - centre[0], point - centre[1])
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return along / length, across / width


def _average_points(points: Numbers) -> Numbers:
    """Average the points of each pixel."""
    window = len(points) // _FINE
    return np.asarray(points.reshape(window, _FINE, window, _FINE).mean(axis=(1, 3)))
