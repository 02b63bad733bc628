"""The text header of an ENVI file."""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from lrprism.errors import DataError

_MAGIC: Final = b"ENVI"
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
DATA_ENDINGS: Final = ("", ".dat", ".img", ".bsq", ".bil", ".bip", ".sli", ".raw", ".bin", ".cub")
_CLOSED: Final = re.compile(r"\}\s*(?:;.*)?$")  # the end of a list, and a comment behind it
_TIFFS: Final = (".tif", ".tiff")
_BYTE_ORDERS: Final = {0: "<", 1: ">"}
_COMPLEX: Final = frozenset({"6", "9"})
_DATA_TYPES: Final = {
    "1": "u1", "2": "i2", "3": "i4", "4": "f4", "5": "f8", "12": "u2", "13": "u4", "14": "i8", "15": "u8",
}  # fmt: skip
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
        """Return the entries of a list field, split at commas; none where the field is missing."""
        text = self.fields.get(name, "").strip().removesuffix(",")  # some programs end a list with a comma
        return [word.strip() for word in text.split(",")] if text else []

    def integer(self, name: str, default: int | None = None, *, least: int = 0) -> int:
        """Read a whole number.

        Args:
            name: The field.
            default: Value of a missing field; None where the field must be there.
            least: Smallest value that makes sense.

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
        """Read a number; None where the field is missing or empty."""
        text = self.fields.get(name, "")
        # the C library of Windows writes -1.#IND and 1.#QNAN
        return self._number(name, float, "nan" if "#" in text else text) if text else None

    def reals(self, name: str, count: int) -> npt.NDArray[np.float64] | None:
        """Read a list of numbers.

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
        """Return the type of the stored numbers, with its byte order.

        Returns:
            A numpy type that holds real numbers.

        Raises:
            DataError: If the type is unknown or complex, or the byte order neither 0 nor 1.
        """
        code = self.fields.get("data type", "nothing")
        if code not in _DATA_TYPES:
            raise DataError(
                f"'data type' in '{self.path}' should be 1, 2, 3, 4, 5, 12, 13, 14 or 15, real numbers. "
                f"Found {code + ', which is complex' if code in _COMPLEX else code}. Convert the data."
            )
        order = self.integer("byte order", 0)
        if order not in _BYTE_ORDERS:
            raise DataError(
                f"'byte order' in '{self.path}' should be 0 (little endian) or 1. Found {order}. "
                "Correct the header."
            )
        return np.dtype(_BYTE_ORDERS[order] + _DATA_TYPES[code])

    def check_size(self, shape: tuple[int, ...]) -> None:
        """Check that the data file is as large as the header declares.

        Args:
            shape: Numbers along each axis.

        Raises:
            DataError: If the file is smaller.
        """
        needed = self.integer("header offset", 0) + math.prod(shape) * self.dtype().itemsize
        size = self.data.stat().st_size
        if size < needed:
            raise DataError(
                f"'{self.data}' should have at least {needed} bytes, {' x '.join(map(str, shape))} of "
                f"{self.dtype().itemsize} bytes each. Found {size}. Copy it again or correct the header."
            )


def read_header(path: str | PathLike[str]) -> EnviHeader:
    """Read an ENVI header, and find the file of numbers beside it.

    Args:
        path: The header (``x.hdr``, ``x.dat.hdr``) or the file of numbers.

    Raises:
        DataError: If a file is missing, or the header is not ENVI's.
    """
    file = Path(path)
    if file.suffix.lower() == ".hdr":
        return EnviHeader(file, _find_data(file), _parse_fields(file))
    header = find_header(file)
    if header is None or not file.is_file():
        raise DataError(
            f"'{file}' should be an ENVI file with its header beside it. Found no "
            f"'{file.with_suffix('.hdr').name if file.is_file() else file.name}'. Keep the two together."
        )
    return EnviHeader(header, file, _parse_fields(header))


def find_header(file: Path) -> Path | None:
    """Find the header of a file of numbers, or the file itself where it is a header.

    Returns:
        The header, or None.
    """
    if file.suffix.lower() == ".hdr":
        return file if file.is_file() else None
    return _first_file(
        [Path(f"{file}.hdr"), Path(f"{file}.HDR"), file.with_suffix(".hdr"), file.with_suffix(".HDR")]
    )


def _find_data(header: Path) -> Path:
    stem = header.with_suffix("")
    data = _first_file(
        [Path(f"{stem}{form(end)}") for end in DATA_ENDINGS for form in (str.lower, str.upper)]
    )
    if data is None:
        tiff = _first_file([Path(f"{stem}{form(end)}") for end in _TIFFS for form in (str.lower, str.upper)])
        if tiff is not None:  # its tags say more than the header beside it
            raise DataError(f"'{header}' should be given by its image. Found '{tiff.name}'. Give '{tiff}'.")
        raise DataError(
            f"'{header}' should have its data beside it, '{stem.name}' with no ending or one of "
            f"{' '.join(DATA_ENDINGS[1:])}. Found none. Keep the two together, or give the data file."
        )
    return data


def _first_file(candidates: list[Path]) -> Path | None:
    return next((path for path in candidates if path.is_file()), None)


def is_header_start(start: bytes) -> bool:
    """Return True if a file begins as an ENVI header does."""
    return start.removeprefix(_BYTE_ORDER_MARK).startswith(_MAGIC)


def _parse_fields(header: Path) -> dict[str, str]:
    # name = value, or name = {value, over several lines}. The package spectral warns at every name with a
    # capital and refuses text that is not UTF-8; headers of real instruments have both.
    fields: dict[str, str] = {}
    lines = iter(_read_text(header).splitlines())
    for line in lines:
        name, equals, value = line.partition("=")
        if not equals or name.lstrip().startswith(";"):  # a comment
            continue
        value = value.strip()
        if value.startswith("{"):
            value = _read_braces(header, name.strip(), value, lines)
        else:
            value = re.split(r"\s;", f" {value}")[0].strip()  # a comment behind the value
        fields[name.strip().lower()] = value
    return fields


def _read_text(header: Path) -> str:
    if not header.is_file():
        raise DataError(f"'{header}' should be an ENVI header. Found no such file. Correct the path.")
    with header.open("rb") as opened:
        start = opened.read(len(_BYTE_ORDER_MARK) + len(_MAGIC))
        content = start + opened.read() if is_header_start(start) else None
    if content is None:
        raise DataError(
            f"'{header}' should be an ENVI header, whose first word is ENVI. Found another file. "
            "Give the path of the image."
        )
    try:
        return content.removeprefix(_BYTE_ORDER_MARK).decode("utf-8")
    except UnicodeDecodeError:  # older programs on Windows: µm is one byte
        return content.decode("cp1252", errors="replace")


def _read_braces(header: Path, name: str, value: str, lines: Iterator[str]) -> str:
    """Read a value in braces to its end; ``lines`` are those that follow.

    Raises:
        DataError: If there is no end.
    """
    while _CLOSED.search(value) is None:
        following = next(lines, None)
        if following is None:
            raise DataError(
                f"'{name}' in '{header}' should end with '}}'. Found the end of the file. "
                "Copy the header again."
            )
        # a comment inside the list
        if not following.lstrip().startswith(";"):
            value += " " + following.strip()
    return _CLOSED.sub("}", value).strip("{} \t")
