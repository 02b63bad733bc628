"""Spectral data: cubes with wavelengths, patches, splits, statistics per band, named absorption features.

The names are imported when they are first used: ``import lrprism.spectral`` loads nothing heavy.
"""

try:
    import lazy_loader
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "lrprism.spectral should find the packages of the extra 'spectral'. Found no lazy_loader. Install "
        "them: pip install 'lrprism[spectral]', or pip install '.[spectral]' in a copy of the sources.",
        name=error.name,
    ) from error

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
