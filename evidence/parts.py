"""What is measured in each part."""

from collections.abc import Callable
from typing import Final

from evidence.bench import Row
from evidence.calibrate import measure_calibration
from evidence.cells import Cell
from evidence.maps import measure_maps
from evidence.shares import measure_blind, measure_confounder

MEASURE: Final[dict[str, Callable[[Cell], tuple[Row, list[Row]]]]] = {
    "maps": measure_maps,
    "calibrate": measure_calibration,
    "blind": measure_blind,
    "confounder": measure_confounder,
}
"""What returns the facts of a cell and its rows, by its part."""
