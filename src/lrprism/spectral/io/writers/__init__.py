"""Cubes and maps into files: NetCDF, Zarr, ENVI, GeoTIFF."""

from lrprism.spectral.io.writers.write import write_cube

__all__ = ["write_cube"]
