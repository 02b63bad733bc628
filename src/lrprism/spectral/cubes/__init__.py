"""Cubes with wavelengths and a place on the ground, and the patches and windows cut out of them."""
