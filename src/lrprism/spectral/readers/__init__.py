"""Cubes, label maps and spectral libraries out of files."""

from lrprism.spectral.readers.bad_bands import BadBands
from lrprism.spectral.readers.door import read_cube
from lrprism.spectral.readers.labels import read_labels
from lrprism.spectral.readers.matlab import read_matlab_labels
from lrprism.spectral.readers.sensor_bands import SENSORS
from lrprism.spectral.readers.sniff import is_spectral_library
from lrprism.spectral.readers.spectral_library import read_spectral_library

__all__ = [
    "SENSORS",
    "BadBands",
    "is_spectral_library",
    "read_cube",
    "read_labels",
    "read_matlab_labels",
    "read_spectral_library",
]
