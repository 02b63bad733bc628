"""The one way to read a table that lrprism wrote."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pandas as pd

_WORDS: Final = ("scene", "name", "class_name", "label_name", "predicted_name", "target_name")


def read_table(path: Path, words: Iterable[str] = ()) -> pd.DataFrame:
    """Read a csv of results.

    Names stay as they are: a class may be called NA or null, a sample 007. Only an empty cell is missing.

    Args:
        path: The file.
        words: Further columns that hold names, such as those of plants.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "classes.csv"
        ...     written = pd.DataFrame({"class_name": ["NA", "oak"], "peak_nm": [None, 680.0]})
        ...     written.to_csv(path, index=False)
        ...     print(read_table(path))
          class_name  peak_nm
        0         NA      NaN
        1        oak    680.0
    """
    names = dict.fromkeys((*_WORDS, *words), str)
    return pd.read_csv(path, dtype=names, keep_default_na=False, na_values=[""])
