"""Numbers in a page: companded integers, deflated and written in base64."""

import base64
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

RELEVANCE_POWER: Final = 1.5
"""Relevance is mostly small: codes lie closer together near 0."""
_LEVELS: Final = (127, 63, 31, 23, 15)
_DROPPED_BITS: Final = 11
"""Of the 23 bits of the mantissa of a float32."""
_PIECE: Final = 2**20  # values that are coded at a time
_BASE64: Final = 4 / 3  # characters of base64 for a byte

Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Encoded:
    r"""Rows of numbers as integers from -levels to levels, with a scale for each row.

    .. math:: v \approx s_i\, \mathrm{sgn}(k) \left(\frac{|k|}{L}\right)^p, \quad s_i = \max_j |v_{ij}|

    Args:
        codes: The integers k, ``[row, column]``.
        scale: :math:`s_i` of each row, in the unit of the values; NaN of a row with a value that is missing.
        levels: L.
        power: p; 1 is linear.
        error: Largest difference between a value and what its code stands for, as a share of the scale of
            its row.
    """

    codes: npt.NDArray[np.signedinteger[Any]]
    scale: npt.NDArray[np.float32]
    levels: int
    power: float
    error: float

    def to_json(self, *, by_difference: bool = False) -> dict[str, Any]:
        """Return the numbers as a page holds them: column by column.

        Args:
            by_difference: Whether each column is written as its difference from the one before: less to
                write where neighbours are alike.
        """
        columns = np.ascontiguousarray(self.codes.T)
        if by_difference:
            # whole numbers wrap round, and do so again where the page adds them up
            columns = np.diff(columns, axis=0, prepend=columns.dtype.type(0) * columns[:1])
        return {
            "codes": pack(columns),
            "bytes": self.codes.dtype.itemsize,
            "scale": pack(self.scale),
            "shape": list(self.codes.shape),
            "levels": self.levels,
            "power": self.power,
            "error": self.error,
            "byDifference": by_difference,
        }


def encode_rows(values: npt.ArrayLike, levels: int, power: float = 1.0) -> Encoded:
    """Write rows of numbers as integers.

    Args:
        values: The numbers, ``[row, column]``.
        levels: The largest integer; up to 127 each takes one byte, up to 32767 two.
        power: The power by which integers grow; above 1 they lie closer together near 0.
    """
    numbers = np.asarray(values)
    dtype = np.int8 if levels <= np.iinfo(np.int8).max else np.int16
    codes = np.zeros(numbers.shape, dtype=dtype)
    scale = np.zeros(len(numbers), dtype=np.float32)
    error, rows = 0.0, max(1, _PIECE // max(1, numbers.shape[1]))
    for start in range(0, len(numbers), rows):
        piece = slice(start, start + rows)
        codes[piece], scale[piece], worst = _encode_piece(numbers[piece], levels, power)
        error = max(error, worst)
    return Encoded(codes, scale, levels, power, error)


def _encode_piece(values: Floats, levels: int, power: float) -> tuple[Any, Any, float]:
    scale = round_mantissa(np.abs(values).max(axis=1, initial=0))
    # a row of zeros has no scale to divide by; one with a missing value is missing
    divisor = np.where(np.isfinite(scale) & (scale > 0), scale, 1).astype(np.float64)[:, None]
    share = np.where(np.isfinite(scale)[:, None], values, 0) / divisor
    codes = np.rint(levels * np.sign(share) * np.abs(share) ** (1 / power))
    codes = np.clip(codes, -levels, levels)
    error = np.abs(np.sign(codes) * (np.abs(codes) / levels) ** power - share).max(initial=0)
    return codes, np.where(np.isfinite(scale), scale, np.nan), float(error)


def encode_to_fit(values: npt.ArrayLike, room: float, power: float = 1.0) -> dict[str, Any]:
    """Write rows of numbers as the finest integers that fit; the coarsest are 15 to either side of 0.

    Args:
        values: The numbers, ``[row, column]``.
        room: Characters that they may take; where not even the coarsest fit, they are taken all the same.
        power: As in :func:`encode_rows`.

    Returns:
        The :meth:`Encoded.to_json` of the rows.
    """
    for levels in _LEVELS[:-1]:
        encoded = encode_rows(values, levels, power)
        # deflating takes seconds: not where the entropy says already that it will not do
        if estimate_characters(encoded) <= room:
            written = encoded.to_json()
            if len(written["codes"]) <= room:
                return written
    return encode_rows(values, _LEVELS[-1], power).to_json()


def estimate_characters(encoded: Encoded) -> float:
    r"""Estimate the characters that rows of integers take in a page, from the entropy of the integers.

    What is written takes up to an eighth more, less where neighbours are alike.

    .. math:: \frac43 \cdot \frac{N}{8} \sum_k -p_k \log_2 p_k

    Args:
        encoded: The rows.
    """
    counts = np.bincount(encoded.codes.ravel().astype(np.int64) + encoded.levels)
    share = counts[counts > 0] / max(1, encoded.codes.size)
    return float(_BASE64 * encoded.codes.size / 8 * -(share * np.log2(share)).sum())


def pack(array: npt.NDArray[Any]) -> str:
    """Return the bytes of an array, lowest first, deflated (RFC 1951) and in base64."""
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    deflate = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return base64.b64encode(deflate.compress(little.tobytes()) + deflate.flush()).decode("ascii")


def unpack(text: str, dtype: str) -> npt.NDArray[Any]:
    """Return the numbers that :func:`pack` wrote.

    Args:
        text: Base64.
        dtype: Their dtype, with the order of its bytes, such as ``"<i4"``.
    """
    return np.frombuffer(zlib.decompress(base64.b64decode(text), -zlib.MAX_WBITS), dtype=dtype)


def round_mantissa(values: Floats) -> npt.NDArray[np.float32]:
    """Return numbers exact to 1 in 8192 whose last bits are 0: they deflate to two thirds.

    Args:
        values: The numbers; missing and infinite ones stay what they are.
    """
    bits = np.asarray(values, dtype=np.float32).view(np.uint32)
    half = np.uint32(1 << (_DROPPED_BITS - 1))
    keep = np.uint32(2**32 - (1 << _DROPPED_BITS))
    rounded = ((bits + half) & keep).view(np.float32)
    return np.where(np.isfinite(rounded), rounded, np.asarray(values, dtype=np.float32))


def pack_columns(columns: dict[str, npt.NDArray[Any]]) -> dict[str, str]:
    """Return columns of numbers by name, each packed.

    Args:
        columns: Their values; floats are written as float32 of :func:`round_mantissa`, whole numbers as
            int32.
    """
    return {
        name: pack(round_mantissa(values) if values.dtype.kind == "f" else values.astype(np.int32))
        for name, values in columns.items()
    }


def round_numbers(values: Sequence[float] | Floats, digits: int = 6) -> list[float | None]:
    """Return numbers with so many significant digits, None for a missing one: JSON has no NaN.

    Args:
        values: The numbers.
        digits: Significant digits.
    """
    return [float(f"{value:.{digits}g}") if np.isfinite(value) else None for value in values]
