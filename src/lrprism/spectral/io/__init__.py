"""Cubes, label maps and spectral libraries out of files."""

from lrprism.spectral.io.bad_bands import BadBands
from lrprism.spectral.io.formats.spectral_library import is_spectral_library, read_spectral_library
from lrprism.spectral.io.labels import read_labels, read_numbered_map
from lrprism.spectral.io.read import read_cube
from lrprism.spectral.io.registry import describe_formats
from lrprism.spectral.knowledge.sensors import SENSORS

__all__ = [
    "SENSORS",
    "BadBands",
    "describe_formats",
    "is_spectral_library",
    "read_cube",
    "read_labels",
    "read_numbered_map",
    "read_spectral_library",
]
