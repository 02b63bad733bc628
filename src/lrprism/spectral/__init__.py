"""Spectral data: cubes with wavelengths, patches, splits, statistics per band, named absorption features.

The names are imported when they are first used: ``import lrprism.spectral`` loads nothing heavy.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
