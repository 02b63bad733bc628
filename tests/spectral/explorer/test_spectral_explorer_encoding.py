import json

import numpy as np
import pytest

from lrprism.spectral.explorer.encoding import (
    encode_rows,
    encode_to_fit,
    estimate_characters,
    pack,
    pack_columns,
    round_mantissa,
    round_numbers,
)
from lrprism.spectral.explorer.encoding import unpack as read_packed
from made_up_results import decode, unpack


def test_a_row_by_hand() -> None:
    # the largest is 8, so the shares are 1, -1/4 and 1/100; with power 2 their roots are 1, 1/2 and 1/10
    encoded = encode_rows([[8.0, -2.0, 0.08]], levels=15, power=2)
    # 15, 7.5 and 1.5, rounded to the even neighbour
    assert encoded.codes.tolist() == [[15, -8, 2]]
    assert encoded.scale.tolist() == [8]
    # 8 / 15 squared is 0.2844, and 0.25 was meant; 2 / 15 squared is 0.0178, and 0.01
    assert encoded.error == pytest.approx((8 / 15) ** 2 - 0.25)


@pytest.mark.parametrize("levels", [15, 63, 127, 32767])
@pytest.mark.parametrize("power", [1.0, 1.5])
@pytest.mark.parametrize("by_difference", [False, True])
def test_what_a_page_reads_is_as_near_as_it_says(levels: int, power: float, by_difference: bool) -> None:
    if by_difference and levels > 127:
        return
    values = np.random.default_rng(0).normal(size=(50, 7)) ** 3 * 10.0 ** np.arange(-3, 47)[:, None] / 1e20
    encoded = encode_rows(values, levels, power)
    read = decode(json.loads(json.dumps(encoded.to_json(by_difference=by_difference))))
    away = (np.abs(read - values) / np.abs(values).max(axis=1, keepdims=True)).max()
    assert away <= encoded.error * (1 + 2e-4) + 1e-6
    # no step between two codes is wider than the one below the largest
    assert encoded.error <= (1 - (1 - 1 / levels) ** power) / 2 + 3e-4


def test_zeros_and_missing_values() -> None:
    encoded = encode_rows([[0.0, 0.0], [np.nan, 1.0], [1.0, 2.0]], levels=15)
    assert encoded.codes.tolist() == [[0, 0], [0, 0], [8, 15]]
    np.testing.assert_array_equal(encoded.scale, [0, np.nan, 2])


def test_the_estimate_is_near_what_is_written() -> None:
    values = np.random.default_rng(0).normal(size=(400, 100))
    for levels in (15, 63):
        encoded = encode_rows(values, levels)
        assert estimate_characters(encoded) == pytest.approx(len(encoded.to_json()["codes"]), rel=0.15)


def test_the_finest_integers_that_fit() -> None:
    values = np.random.default_rng(0).normal(size=(200, 50))
    assert encode_to_fit(values, 1e9)["levels"] == 127
    assert encode_to_fit(values, 0)["levels"] == 15
    room = len(encode_rows(values, 31).to_json()["codes"])
    assert encode_to_fit(values, room)["levels"] == 31
    assert encode_to_fit(values, room - 1)["levels"] == 23


def test_packed_numbers_come_back() -> None:
    numbers = np.arange(-300, 300, dtype=np.int16)
    assert unpack(pack(numbers), "<i2").tolist() == numbers.tolist()
    assert read_packed(pack(numbers), "<i2").tolist() == numbers.tolist()
    columns = pack_columns({"whole": np.array([1, 2**30]), "real": np.array([0.1, np.nan, np.inf])})
    assert unpack(columns["whole"], "<i4").tolist() == [1, 2**30]
    np.testing.assert_allclose(unpack(columns["real"], "<f4"), [0.1, np.nan, np.inf], rtol=1.3e-4)


def test_a_short_mantissa() -> None:
    values = np.random.default_rng(0).normal(size=1000)
    rounded = round_mantissa(values)
    assert np.abs(rounded / values - 1).max() <= 1 / 8192
    assert (rounded.view(np.uint32) % 2**11 == 0).all()
    np.testing.assert_array_equal(
        round_mantissa(np.array([0.0, -0.0, np.nan, np.inf])), [0, 0, np.nan, np.inf]
    )


def test_digits() -> None:
    assert round_numbers([1234.5678, np.nan, 0.00012345678], 3) == [1230.0, None, 0.000123]
