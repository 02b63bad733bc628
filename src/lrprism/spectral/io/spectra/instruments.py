"""Files of field spectrometers: SVC .sig and Spectral Evolution .sed are text; ASD is refused by its name.

Sources: the manuals of the makers; the columns as SpecDAL (MIT licence) names them.
"""

from pathlib import Path
from typing import Final, NoReturn

import numpy as np
import numpy.typing as npt

from lrprism.errors import DataError
from lrprism.spectral.io.failures import reading
from lrprism.spectral.io.spectra.spectrum import Spectrum, SpectrumFormat

_SIG_COLUMNS: Final = 4


def read_sig(path: Path) -> Spectrum:
    """Read an SVC file: after ``data=`` wavelength, reference, target and reflectance in percent.

    Args:
        path: The file.

    Raises:
        DataError: If it is not such a file.
    """
    with reading(path, "an SVC .sig file"):
        lines = path.read_text("utf-8", "replace").splitlines()
        start = next((row for row, line in enumerate(lines) if line.strip().lower() == "data="), None)
        if start is None:
            raise DataError(f"'{path}' should have a line 'data='. Found none. Copy the file again.")
        rows = _read_numbers(path, lines[start + 1 :])
        if rows.shape[1] != _SIG_COLUMNS:
            raise DataError(
                f"'{path}' should have wavelength, reference, target and reflectance on each line. Found "
                f"{rows.shape[1]} columns. Export the file with its reference."
            )
        return Spectrum(rows[:, 0], rows[:, 3] / 100, "reflectance", "1")


def read_sed(path: Path) -> Spectrum:
    """Read the reflectance of a Spectral Evolution file: after ``Data:`` names of columns, then numbers.

    Args:
        path: The file.

    Raises:
        DataError: If it is not such a file, or has no column of reflectance.
    """
    with reading(path, "a Spectral Evolution .sed file"):
        lines = path.read_text("utf-8", "replace").splitlines()
        start = next((row for row, line in enumerate(lines) if line.strip().lower() == "data:"), None)
        if start is None or start + 1 >= len(lines):
            raise DataError(f"'{path}' should have a line 'Data:'. Found none. Copy the file again.")
        names = [name.strip() for name in lines[start + 1].split("\t")]
        # percent, or a fraction where the software was set so
        divisors = {"%": 100.0, "[1.0]": 1.0}
        columns = [
            (column, divisor)
            for column, name in enumerate(names)
            for mark, divisor in divisors.items()
            if name.lower().startswith("reflect") and mark in name
        ]
        rows = _read_numbers(path, lines[start + 2 :])
        if len(columns) != 1 or rows.shape[1] != len(names):
            raise DataError(
                f"'{path}' should have one column 'Reflect. %' or 'Reflect. [1.0]'. Found "
                f"{', '.join(names)} over {rows.shape[1]} columns. Export the file with reflectance."
            )
        column, divisor = columns[0]
        return Spectrum(rows[:, 0], rows[:, column] / divisor, "reflectance", "1")


def _read_numbers(path: Path, lines: list[str]) -> npt.NDArray[np.float64]:
    rows = [line.split() for line in lines if line.strip()]
    if not rows or len({len(row) for row in rows}) != 1:
        raise DataError(
            f"'{path}' should have lines of equally many numbers. Found {len(rows)} lines of "
            f"{sorted({len(row) for row in rows})}. Copy the file again."
        )
    return np.array(rows, dtype=np.float64)


def refuse_asd(path: Path) -> NoReturn:
    """Refuse a binary file of an ASD FieldSpec.

    Args:
        path: The file.

    Raises:
        DataError: Always.
    """
    raise DataError(
        f"'{path}' should be a table, a library, or a spectrum of SVC, Spectral Evolution, JCAMP-DX or SPC. "
        "Found the binary format of an ASD FieldSpec. Export reflectance as a table or as JCAMP-DX with the "
        "ASD software."
    )


SIG: Final = SpectrumFormat("SVC", (".sig",), read_sig)
SED: Final = SpectrumFormat("Spectral Evolution", (".sed",), read_sed)
ASD: Final = SpectrumFormat("ASD", (".asd",), refuse_asd)
