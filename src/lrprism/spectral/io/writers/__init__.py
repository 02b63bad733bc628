"""Cubes and maps into files: NetCDF, Zarr, ENVI, GeoTIFF."""

from lrprism.spectral.io.writers.write import WRITERS, check_output, choose_writers, write_cube

__all__ = ["WRITERS", "check_output", "choose_writers", "write_cube"]
