"""Spectra without pixels: tables, spectral libraries, and files of one spectrum each."""
