"""The text header of an ENVI file, and the facts about bands that it states."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt
from spectral.io.envi import envi_to_dtype

from lrprism.errors import DataError
from lrprism.spectral.cubes.wavelengths import WavelengthSource, read_wavelengths
from lrprism.spectral.io.facts import to_nm

_MAGIC: Final = b"ENVI"
_ENDINGS: Final = ("", ".dat", ".img", ".bsq", ".bil", ".bip", ".sli", ".raw", ".bin", ".cub")
_BYTE_ORDERS: Final = {0: "<", 1: ">"}
_Number = TypeVar("_Number", int, float)


@dataclass(frozen=True)
class EnviHeader:
    """An ENVI header and the data file that it describes.

    Args:
        path: The header file.
        data: The file of numbers.
        fields: Text of each field under its name in lower case, without the braces.
    """

    path: Path
    data: Path
    fields: dict[str, str]

    def words(self, name: str) -> list[str]:
        """The entries of a list field, split at commas; empty where the field is missing."""
        text = self.fields.get(name, "").strip()
        return [word.strip() for word in text.split(",")] if text else []

    def integer(self, name: str, default: int | None = None, *, least: int = 0) -> int:
        """A whole number.

        Args:
            name: The field.
            default: What a missing field stands for; None where the field must be there.
            least: Smallest value that makes sense.

        Returns:
            The number.

        Raises:
            DataError: If the field is missing, not a whole number, or too small.
        """
        if name not in self.fields and default is not None:
            return default
        value = self._number(name, int, self.fields.get(name, "nothing"))
        if value < least:
            raise DataError(
                f"'{name}' in '{self.path}' should be at least {least}. Found {value}. Correct the header."
            )
        return value

    def real(self, name: str) -> float | None:
        """A number, or None where the field is missing or empty."""
        text = self.fields.get(name, "")
        return self._number(name, float, text) if text else None

    def reals(self, name: str, count: int) -> npt.NDArray[np.float64] | None:
        """A list of numbers.

        Args:
            name: The field.
            count: Length that the list must have.

        Returns:
            The numbers, or None where the field is missing or empty.

        Raises:
            DataError: If an entry is not a number, or the count differs.
        """
        words = self.words(name)
        if not words:
            return None
        if len(words) != count:
            raise DataError(
                f"'{name}' in '{self.path}' should have one entry per band, {count} in all. "
                f"Found {len(words)}. Correct the header."
            )
        return np.array([self._number(name, float, word) for word in words])

    def _number(self, name: str, kind: Callable[[str], _Number], text: str) -> _Number:
        try:
            return kind(text)
        except ValueError as error:
            what = "a whole number" if kind is int else "a number"
            raise DataError(
                f"'{name}' in '{self.path}' should be {what}. Found {text[:60]!r}. Correct the header."
            ) from error

    def dtype(self) -> np.dtype[np.generic]:
        """Type of the stored numbers, with its byte order.

        Returns:
            A numpy type that holds real numbers.

        Raises:
            DataError: If the type is unknown or complex, or the byte order neither 0 nor 1.
        """
        code = self.fields.get("data type", "nothing")
        stored = np.dtype(envi_to_dtype[code]) if code in envi_to_dtype else None
        if stored is None or stored.kind == "c":
            raise DataError(
                f"'data type' in '{self.path}' should be 1, 2, 3, 4, 5, 12, 13, 14 or 15, real numbers. "
                f"Found {code if stored is None else code + ', which is complex'}. Convert the data."
            )
        order = self.integer("byte order", 0)
        if order not in _BYTE_ORDERS:
            raise DataError(
                f"'byte order' in '{self.path}' should be 0 (little endian) or 1. Found {order}. "
                "Correct the header."
            )
        swapped: np.dtype[np.generic] = stored.newbyteorder(_BYTE_ORDERS[order])
        return swapped

    def check_size(self, shape: tuple[int, ...]) -> None:
        """Check that the data file is as large as the header declares.

        Args:
            shape: Numbers along each axis.

        Raises:
            DataError: If the file is smaller.
        """
        needed = self.integer("header offset", 0) + math.prod(shape) * self.dtype().itemsize
        found = self.data.stat().st_size
        if found < needed:
            raise DataError(
                f"'{self.data}' should have at least {needed} bytes, {' x '.join(map(str, shape))} of "
                f"{self.dtype().itemsize} bytes each. Found {found}. Copy it again or correct the header."
            )


def read_header(path: str | PathLike[str]) -> EnviHeader:
    """Read an ENVI header, and find the file of numbers beside it.

    Args:
        path: The header (``x.hdr``, ``x.dat.hdr``) or the file of numbers.

    Returns:
        The header.

    Raises:
        DataError: If a file is missing, or the header is not ENVI's.
    """
    given = Path(path)
    if given.suffix.lower() == ".hdr":
        return EnviHeader(given, _data_beside(given), _fields(given))
    header = _first_file([Path(f"{given}{end}") for end in (".hdr", ".HDR")] + [given.with_suffix(".hdr")])
    if header is None or not given.is_file():
        raise DataError(
            f"'{given}' should be an ENVI file with its header beside it. Found no "
            f"'{given.with_suffix('.hdr').name if given.is_file() else given.name}'. Keep the two together."
        )
    return EnviHeader(header, given, _fields(header))


def _data_beside(header: Path) -> Path:
    stem = header.with_suffix("")
    data = _first_file([Path(f"{stem}{form(end)}") for end in _ENDINGS for form in (str.lower, str.upper)])
    if data is None:
        raise DataError(
            f"'{header}' should have its data beside it, '{stem.name}' with no ending or one of "
            f"{' '.join(_ENDINGS[1:])}. Found none. Keep the two together, or give the data file."
        )
    return data


def _first_file(candidates: list[Path]) -> Path | None:
    return next((path for path in candidates if path.is_file()), None)


def _fields(header: Path) -> dict[str, str]:
    """Parse ``name = value`` and ``name = {value, over several lines}``; names in lower case.

    The package spectral warns at every name with a capital and refuses text that is not UTF-8; headers in
    the field have both.

    Returns:
        The fields.

    Raises:
        DataError: If the file is missing or is not an ENVI header.
    """
    if not header.is_file():
        raise DataError(f"'{header}' should be an ENVI header. Found no such file. Correct the path.")
    with header.open("rb") as opened:
        content = opened.read() if opened.read(len(_MAGIC)) == _MAGIC else None
    if content is None:
        raise DataError(
            f"'{header}' should be an ENVI header, whose first word is ENVI. Found another file. "
            "Give the path of the image."
        )
    fields: dict[str, str] = {}
    lines = iter(content.decode("utf-8", errors="replace").splitlines())
    for line in lines:
        name, equals, value = line.partition("=")
        if not equals or name.startswith(";"):
            continue
        value = value.strip()
        while value.startswith("{") and not value.endswith("}"):
            following = next(lines, None)
            if following is None:
                raise DataError(
                    f"'{name.strip()}' in '{header}' should end with '}}'. Found the end of the file. "
                    "Copy the header again."
                )
            value += " " + following.strip()
            value = value.strip()
        fields[name.strip().lower()] = value.strip("{} \t")
    return fields


def stated_bands(
    header: EnviHeader, bands: int, wavelengths: WavelengthSource | None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None, tuple[str, ...]]:
    """Wavelength and width of each band, from the user where stated, else from the header.

    Shapes: wavelengths and FWHM ``[bands]``.

    Args:
        header: The header.
        bands: Number of bands.
        wavelengths: What the user states, or None.

    Returns:
        Wavelengths in nm, FWHM in nm or None, and what was assumed.

    Raises:
        DataError: If neither states wavelengths, or they do not fit.
    """
    if wavelengths is not None:
        centre, fwhm = read_wavelengths(wavelengths, bands)
        told = "in place of those in the header" if header.words("wavelength") else "the header has none"
        return centre, fwhm, (f"wavelengths are those given on reading: {told}",)
    units = header.fields.get("wavelength units")
    listed = header.reals("wavelength", bands)
    note: tuple[str, ...] = ()
    if listed is None:
        listed = _named_wavelengths(header, bands)
        note = ("wavelengths are the band names, which are all numbers",)
    width = header.reals("fwhm", bands)
    in_nm, guessed = to_nm(listed if width is None else np.concatenate([listed, width]), units)
    fwhm = None if width is None else np.where(width == 0, np.nan, in_nm[bands:])  # some programs write 0
    return in_nm[:bands], fwhm, (*note, *guessed)


def _named_wavelengths(header: EnviHeader, bands: int) -> npt.NDArray[np.float64]:
    names = header.words("band names")
    numbers = [name.removesuffix("nm").strip() for name in names]
    if len(names) != bands or not all(number.replace(".", "", 1).isdecimal() for number in numbers):
        raise DataError(
            f"'{header.path}' should state the wavelength of its {bands} bands. Found none. "
            "Pass wavelengths='FIRST:LAST' in nm, a list, or a text file."
        )
    return np.array([float(number) for number in numbers])
