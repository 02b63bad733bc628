"""The scene that comes with the installation, opened by a word in place of a file's name."""

from pathlib import Path
from typing import Final

import xarray as xr

from lrprism.spectral.io.format import Format
from lrprism.spectral.knowledge.indian_pines import load_indian_pines

_WORD: Final = "indian-pines"


def read_packaged(path: Path) -> xr.DataArray:  # noqa: ARG001  # every reader takes a path; here it is the word
    """Open the cube of Indian Pines.

    Args:
        path: The word.

    Returns:
        The cube ``(band, y, x)``.
    """
    return load_indian_pines().cube


INDIAN_PINES: Final = Format(f"the word {_WORD}", lambda marks: marks.name == _WORD, read_packaged)
