"""The numeric arrays of a MATLAB file of version 5, found by their headers and read one at a time.

scipy reads these files too, but ends the whole Python process on some damaged ones: it looks up the type of
an element in a table without checking that it is one. Here nothing is trusted before it has been checked.
Layout: MathWorks, "MAT-File Format", chapter 1.
"""

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import numpy as np
import numpy.typing as npt

_HEADER_BYTES: Final = 128
_TAG_BYTES: Final = 8
_BYTE_ORDERS: Final = {b"IM": "<", b"MI": ">"}
_MATRIX, _COMPRESSED = 14, 15
_NUMERIC_CLASSES: Final = range(6, 16)  # double, single, and integers of 8 to 64 bits
_COMPLEX_FLAG: Final = 0x0800
_STORED_AS: Final = {
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8",
}  # fmt: skip
_MOST_AXES, _LONGEST_NAME, _AT_ONCE = 32, 64, 2**16


@dataclass(frozen=True)
class Matlab5Array:
    """Where an array lies and what it declares.

    Args:
        shape: Its lengths in MATLAB's order of axes, of which the first runs fastest.
        dtype: Type of the stored numbers, which may be smaller than that of the array in MATLAB.
        start: Position of its element in the file.
        skip: Bytes before the numbers in the element, once unpacked.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    start: int
    skip: int


class _Element:
    """The bytes of one element, unpacked as they are asked for."""

    def __init__(self, opened: IO[bytes], order: str) -> None:
        kind, self._left = np.frombuffer(_exactly(opened, _TAG_BYTES), f"{order}u4").tolist()
        self.is_array = kind in {_MATRIX, _COMPRESSED}
        self.next = opened.tell() + self._left
        self.position = 0
        self._opened, self._order, self._pending = opened, order, b""
        self._unpacker = zlib.decompressobj() if kind == _COMPRESSED else None
        if self._unpacker is None:
            opened.seek(-_TAG_BYTES, 1)
            self._left += _TAG_BYTES

    def read(self, count: int) -> bytearray:
        """Exactly so many bytes.

        Args:
            count: How many.

        Returns:
            The bytes.

        Raises:
            ValueError: If the element ends before.
        """
        found = bytearray()
        while len(found) < count:
            packed = self._pending or self._opened.read(
                min(self._left, _AT_ONCE, self._most(count - len(found)))
            )
            self._left -= 0 if self._pending else len(packed)
            if not packed:
                raise ValueError("an array ends before its numbers do")
            if self._unpacker is None:
                found += packed
            else:
                found += self._unpacker.decompress(packed, count - len(found))
                self._pending = self._unpacker.unconsumed_tail
        self.position += count
        return found

    def _most(self, wanted: int) -> int:
        return wanted if self._unpacker is None else _AT_ONCE

    def tag(self) -> tuple[int, int, bytearray | None]:
        """Type and length of the next part, and its bytes where they are packed into the tag."""
        head = self.read(_TAG_BYTES)
        kind, length = np.frombuffer(head, f"{self._order}u4").tolist()
        if kind >> 16:
            return kind & 0xFFFF, kind >> 16, head[4 : 4 + (kind >> 16)]
        return kind, length, None

    def part(self, longest: int) -> bytearray:
        """The bytes of the next part; what fills it up to a multiple of eight is skipped.

        Args:
            longest: How many bytes make sense.

        Returns:
            The bytes.

        Raises:
            ValueError: If it is longer.
        """
        _, length, inside = self.tag()
        if inside is not None:
            return inside
        if length > longest:
            raise ValueError(f"a part of {length} bytes where at most {longest} make sense")
        return self.read(length + -length % 8)[:length]


def _exactly(opened: IO[bytes], count: int) -> bytes:
    found = opened.read(count)
    if len(found) != count:
        raise ValueError("the file ends within a header")
    return found


def find_arrays(path: Path) -> dict[str, Matlab5Array]:
    """List the arrays of real numbers in a MATLAB file of version 5.

    Returns:
        Each array under its name.

    Raises:
        ValueError: If the file is damaged or of another kind.
    """
    size = path.stat().st_size
    found: dict[str, Matlab5Array] = {}
    with path.open("rb") as opened:
        order = _byte_order(opened)
        for start, element in _elements(opened, order, size):
            described = _describe(element, order, start)
            if described is not None:
                found[described[0]] = described[1]
    return found


def _byte_order(opened: IO[bytes]) -> str:
    mark = _exactly(opened, _HEADER_BYTES)[-2:]
    if mark not in _BYTE_ORDERS:
        raise ValueError("no mark of the byte order")
    return _BYTE_ORDERS[mark]


def _elements(opened: IO[bytes], order: str, size: int) -> Iterator[tuple[int, _Element]]:
    start = _HEADER_BYTES
    while start < size:
        opened.seek(start)
        element = _Element(opened, order)
        if element.next > size:
            raise ValueError("the file ends within an array")
        if element.is_array:
            yield start, element
        start = element.next


def _describe(element: _Element, order: str, start: int) -> tuple[str, Matlab5Array] | None:
    """Read an array's header up to its numbers; None where it holds no real numbers.

    Returns:
        Name and description.

    Raises:
        ValueError: If the header is damaged.
    """
    kind, _, _ = element.tag()
    flags = np.frombuffer(element.part(8), f"{order}u4")
    if kind != _MATRIX or len(flags) != 2:
        raise ValueError("no array where one should be")
    if int(flags[0]) & 0xFF not in _NUMERIC_CLASSES or int(flags[0]) & _COMPLEX_FLAG:
        return None
    shape = tuple(np.frombuffer(element.part(4 * _MOST_AXES), f"{order}i4").tolist())
    name = element.part(_LONGEST_NAME).decode("ascii")
    stored, length, inside = element.tag()
    if stored not in _STORED_AS:
        raise ValueError(f"numbers of the unknown type {stored} in {name!r}")
    dtype = np.dtype(order + _STORED_AS[stored])
    if min(shape, default=-1) < 0 or length != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"{name!r} declares {shape} but has {length} bytes")
    return name, Matlab5Array(shape, dtype, start, element.position - (0 if inside is None else 4))


def read_array(path: Path, array: Matlab5Array) -> npt.NDArray[np.generic]:
    """Read the numbers of one array.

    Args:
        path: The file.
        array: What :func:`find_arrays` says of it.

    Returns:
        The array in MATLAB's order of axes.

    Raises:
        ValueError: If the file ends before the numbers do.
    """
    with path.open("rb") as opened:
        order = _byte_order(opened)
        opened.seek(array.start)
        element = _Element(opened, order)
        element.read(array.skip)
        numbers = element.read(math.prod(array.shape) * array.dtype.itemsize)
    return np.frombuffer(numbers, array.dtype).reshape(array.shape, order="F")
