"""Traits: numbers measured of samples, plots or pixels, such as nitrogen, in place of classes."""
