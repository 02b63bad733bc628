"""Bands of Sentinel-2 and Landsat, told by their names and by the satellite that a file names.

The same name means another wavelength on each of them: B5 is red edge on Sentinel-2, near infrared on
Landsat 8, and shortwave infrared on Landsat 5 and 7. A name alone is therefore not believed, except one in
ESA's own form (B02, B8A).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from lrprism.errors import DataError

Bands = Mapping[str, tuple[float, float]]
"""Centre and full width at half maximum in nm under the name of each band."""

SENTINEL_2A: Final[Bands] = {
    "B01": (442.7, 20.0), "B02": (492.7, 65.0), "B03": (559.8, 35.0), "B04": (664.6, 30.0),
    "B05": (704.1, 14.0), "B06": (740.5, 14.0), "B07": (782.8, 19.0), "B08": (832.8, 105.0),
    "B8A": (864.7, 21.0), "B09": (945.1, 19.0), "B10": (1373.5, 29.0), "B11": (1613.7, 90.0),
    "B12": (2202.4, 174.0),
}  # fmt: skip
"""Sentinel-2A, as ESA's Sentinel-2 user guide (SentiWiki) gives it since 2024, when the spectral responses
COPE-GSEG-EOPG-TN-15-0007 reached issue 4.0; before, B02 was 492.4 nm and most widths were 1 nm larger."""

SENTINEL_2B: Final[Bands] = {
    "B01": (442.3, 20.0), "B02": (492.3, 65.0), "B03": (558.9, 35.0), "B04": (664.9, 31.0),
    "B05": (703.8, 15.0), "B06": (739.1, 13.0), "B07": (779.7, 19.0), "B08": (832.9, 104.0),
    "B8A": (864.0, 21.0), "B09": (943.2, 20.0), "B10": (1376.9, 29.0), "B11": (1610.4, 94.0),
    "B12": (2185.7, 184.0),
}  # fmt: skip
"""Sentinel-2B, from the same document as :data:`SENTINEL_2A`."""

LANDSAT_5: Final[Bands] = {
    "B1": (485.0, 66.0), "B2": (568.5, 81.0), "B3": (659.5, 67.0), "B4": (840.0, 128.0),
    "B5": (1675.5, 217.0), "B6": (11435.0, 1970.0), "B7": (2223.0, 252.0),
}  # fmt: skip
"""Thematic Mapper of Landsat 5: middle and width of the ranges in table 2 of Chander, Markham and Helder,
Remote Sensing of Environment 113, 2009."""

LANDSAT_7: Final[Bands] = {
    "B1": (477.5, 73.0), "B2": (560.0, 82.0), "B3": (661.5, 61.0), "B4": (835.0, 126.0),
    "B5": (1648.0, 202.0), "B6": (11335.0, 2050.0), "B7": (2204.5, 281.0), "B8": (705.5, 381.0),
}  # fmt: skip
"""Enhanced Thematic Mapper Plus of Landsat 7: middle and width of the ranges that NASA's table of Landsat 8's
bands sets beside those."""

LANDSAT_8: Final[Bands] = {
    "B1": (442.96, 15.98), "B2": (482.04, 60.04), "B3": (561.41, 57.33), "B4": (654.59, 37.47),
    "B5": (864.67, 28.25), "B6": (1608.86, 84.72), "B7": (2200.73, 186.66), "B8": (589.5, 172.4),
    "B9": (1373.43, 20.39), "B10": (10895.0, 590.0), "B11": (12005.0, 1010.0),
}  # fmt: skip
"""Operational Land Imager of Landsat 8: Barsi, Lee, Kvaran, Markham and Pedelty, Remote Sensing 6, 2014.
B10 and B11, of its thermal sensor: middle and width of the ranges in NASA's table. Landsat 9 carries copies
of both cameras."""


@dataclass(frozen=True)
class Sensor:
    """A satellite's camera.

    Args:
        name: The satellite.
        code: How the names of its products begin.
        mark: Finds it in the name of a file or the text of a tag.
        bands: Its bands.
    """

    name: str
    code: str
    mark: re.Pattern[str]
    bands: Bands

    def facts(self, number: str) -> tuple[float, float] | None:
        """Centre and width in nm of a band by its number, e.g. "2" or "8A"; None where it has none."""
        return self.bands.get(f"B{number}") or self.bands.get(f"B0{number}")


def _mark(*forms: str) -> re.Pattern[str]:
    return re.compile(f"(?<![a-z0-9])(?:{'|'.join(forms)})", re.IGNORECASE)


_SENTINEL_2A: Final = Sensor(
    "Sentinel-2A",
    "S2A",
    _mark(r"s2a?(?![a-z0-9])", r"sentinel[-_ ]?2a?(?![a-z])", r"hls[._]s30"),
    SENTINEL_2A,
)
SENSORS: Final = (
    _SENTINEL_2A,
    Sensor("Sentinel-2B", "S2B", _mark(r"s2b(?![a-z0-9])", r"sentinel[-_ ]?2b"), SENTINEL_2B),
    Sensor("Landsat 5", "LT05", _mark(r"lt0?5", r"landsat[-_ ]?0?5(?!\d)"), LANDSAT_5),
    Sensor("Landsat 7", "LE07", _mark(r"le0?7", r"landsat[-_ ]?0?7(?!\d)"), LANDSAT_7),
    Sensor(
        "Landsat 8 or 9",
        "LC08",
        _mark(r"l[co]0?[89]", r"landsat[-_ ]?0?[89](?!\d)", r"hls[._]l30"),
        LANDSAT_8,
    ),
)
_BAND: Final = re.compile(r"(?:S[RT]_)?B0?([1-9][0-9]?A?)", re.IGNORECASE)
_FORM_OF_ESA: Final = re.compile(r"B(?:0[1-9]|8A)", re.IGNORECASE)


def named_bands(
    names: Sequence[str], texts: Iterable[str]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], tuple[str, ...]] | None:
    """Wavelengths of bands called B1, B02, SR_B4, ... on the one satellite that the texts name.

    Shapes: wavelengths and FWHM ``[band]``.

    Args:
        names: Name of each band.
        texts: The file's name and tags, in which the satellite may be named.

    Returns:
        Wavelengths in nm, FWHM in nm, and what was assumed; None where these are not such names.

    Raises:
        DataError: If no satellite is named, or several are, or the one named has no such band.
    """
    matches = [_BAND.fullmatch(name) for name in names]
    numbers = [match[1].upper() for match in matches if match]
    if len(numbers) != len(names) or not all(any(each.facts(n) for each in SENSORS) for n in numbers):
        return None
    sensor = _sensor(names, " ".join(texts))
    facts = [sensor.facts(number) for number in numbers]
    missing = [name for name, known in zip(names, facts, strict=True) if known is None]
    if missing:
        raise DataError(
            f"bands of {sensor.name} should be among {', '.join(sensor.bands)}. Found {', '.join(missing)}. "
            "Correct the satellite in the file's name or tags, or give the wavelengths in nm."
        )
    table = np.array(facts, dtype=np.float64)
    return table[:, 0], table[:, 1], (f"wavelengths are {sensor.name}'s, from the names of the bands",)


def _sensor(names: Sequence[str], text: str) -> Sensor:
    sensors = [sensor for sensor in SENSORS if sensor.mark.search(text)]
    if not sensors and any(_FORM_OF_ESA.fullmatch(name) for name in names):
        return _SENTINEL_2A
    if len(sensors) == 1:
        return sensors[0]
    found = " and ".join(sensor.name for sensor in sensors) or "none"
    raise DataError(
        f"bands {', '.join(names)} should be those of one satellite: on another, the same names mean other "
        f"wavelengths. Found {found} in the file's name and tags. Put one of "
        f"{', '.join(sensor.code for sensor in SENSORS)} into the file's name, or give "
        "wavelengths='FIRST:LAST' in nm, a list, or a text file."
    )
