"""A file that declares more than it can hold is refused before memory is set aside."""

from pathlib import Path

import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral.io.limits import check_declared


def test_too_large_a_declaration_is_refused_for_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "chunk").write_bytes(bytes(1000))
    kind = np.dtype(np.uint8)
    for path in (tmp_path, tmp_path / "chunk"):
        check_declared(path, "cube", (2**30,), kind)
        with pytest.raises(DataError, match=r"'cube' in .* should fit its file of 1000 bytes. Found shape"):
            check_declared(path, "cube", (2**30 + 1,), kind)
