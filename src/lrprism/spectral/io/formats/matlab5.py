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
    """An array in the file: its place, and what its header declares.

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

    def __init__(self, file: IO[bytes], order: str) -> None:
        kind, self._unread = np.frombuffer(_read_exactly(file, _TAG_BYTES), f"{order}u4").tolist()
        self.is_array = kind in {_MATRIX, _COMPRESSED}
        self.next = file.tell() + self._unread
        self.position = 0
        self._file, self._order, self._pending = file, order, b""
        self._unpacker = zlib.decompressobj() if kind == _COMPRESSED else None
        # a packed element holds an element with a tag of its own, which is the tag of a plain one
        if self._unpacker is None:
            file.seek(-_TAG_BYTES, 1)
            self._unread += _TAG_BYTES

    def read(self, count: int) -> bytearray:
        """Read the next ``count`` bytes.

        Raises:
            ValueError: If the element ends before.
        """
        content = bytearray()
        while len(content) < count:
            missing = count - len(content)
            # packed bytes may stand for any number of bytes: read a stretch, and keep what is not needed yet
            stretch = _AT_ONCE if self._unpacker else min(missing, _AT_ONCE)
            packed = self._pending or self._file.read(min(self._unread, stretch))
            self._unread -= 0 if self._pending else len(packed)
            if not packed:
                raise ValueError("an array ends before its numbers do")
            if self._unpacker is None:
                content += packed
            else:
                content += self._unpacker.decompress(packed, missing)
                self._pending = self._unpacker.unconsumed_tail
        self.position += count
        return content

    def tag(self) -> tuple[int, int, bytearray | None]:
        """Read type and length of the next part, and its bytes where they are packed into the tag."""
        head = self.read(_TAG_BYTES)
        kind, length = np.frombuffer(head, f"{self._order}u4").tolist()
        # a part of at most four bytes: the upper half of the type is its length
        if kind >> 16:
            return kind & 0xFFFF, kind >> 16, head[4 : 4 + (kind >> 16)]
        return kind, length, None

    def part(self, longest: int) -> bytearray:
        """Read the bytes of the next part, and skip those that fill it up to a multiple of eight.

        Raises:
            ValueError: If it has more than ``longest`` bytes.
        """
        _, length, inside = self.tag()
        if inside is not None:
            return inside
        if length > longest:
            raise ValueError(f"a part of {length} bytes where at most {longest} make sense")
        return self.read(length + -length % 8)[:length]


def _read_exactly(file: IO[bytes], count: int) -> bytes:
    content = file.read(count)
    if len(content) != count:
        raise ValueError("the file ends within a header")
    return content


def find_arrays(path: Path) -> dict[str, Matlab5Array]:
    """List the arrays of real numbers in a MATLAB file of version 5.

    Returns:
        Each array under its name.

    Raises:
        ValueError: If the file is damaged or of another kind.
    """
    size = path.stat().st_size
    arrays: dict[str, Matlab5Array] = {}
    with path.open("rb") as file:
        order = _read_byte_order(file)
        for start, element in _walk_elements(file, order, size):
            entry = _read_array_header(element, order, start)
            if entry is not None:  # a text, a struct, complex numbers
                arrays[entry[0]] = entry[1]
    return arrays


def _read_byte_order(file: IO[bytes]) -> str:
    mark = _read_exactly(file, _HEADER_BYTES)[-2:]
    if mark not in _BYTE_ORDERS:
        raise ValueError("no mark of the byte order")
    return _BYTE_ORDERS[mark]


def _walk_elements(file: IO[bytes], order: str, size: int) -> Iterator[tuple[int, _Element]]:
    start = _HEADER_BYTES
    while start < size:
        file.seek(start)
        element = _Element(file, order)
        if element.next > size:
            raise ValueError("the file ends within an array")
        if element.is_array:
            yield start, element
        start = element.next


def _read_array_header(element: _Element, order: str, start: int) -> tuple[str, Matlab5Array] | None:
    # up to the numbers, so that an array of any size costs a few bytes
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
    # numbers inside a tag begin with its second half
    return name, Matlab5Array(shape, dtype, start, element.position - (0 if inside is None else 4))


def read_numeric_array(path: Path, array: Matlab5Array) -> npt.NDArray[np.generic]:
    """Read the numbers of one array.

    Args:
        path: The file.
        array: Its entry in :func:`find_arrays`.

    Returns:
        The array in MATLAB's order of axes.

    Raises:
        ValueError: If the file ends before the numbers do.
    """
    with path.open("rb") as file:
        order = _read_byte_order(file)
        file.seek(array.start)
        element = _Element(file, order)
        element.read(array.skip)
        numbers = element.read(math.prod(array.shape) * array.dtype.itemsize)
    return np.frombuffer(numbers, array.dtype).reshape(array.shape, order="F")
