"""Cubes and maps into files: NetCDF, Zarr, ENVI, GeoTIFF."""

from lrprism.spectral.writers.door import write_cube

__all__ = ["write_cube"]
