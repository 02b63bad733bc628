"""Labels of the pixels of a cube: maps, polygons and points, brought onto the cube's grid."""

from lrprism.spectral.io.labels.classes import align_classes
from lrprism.spectral.io.labels.grid import share_grid
from lrprism.spectral.io.labels.read import read_labels, read_numbered_map

__all__ = ["align_classes", "read_labels", "read_numbered_map", "share_grid"]
