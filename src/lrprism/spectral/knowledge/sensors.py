"""Wavelengths of the bands of Sentinel-2 and Landsat, looked up by band name and satellite.

The same name means another wavelength on each of them: B5 is red edge on Sentinel-2, near infrared on
Landsat 8, and shortwave infrared on Landsat 5 and 7. The satellite must therefore be named in the file,
unless the band names have ESA's form (B02, B8A).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from lrprism.errors import DataError
from lrprism.spectral.cubes.wavelengths import ASK_FOR_WAVELENGTHS, MissingWavelengthsError
from lrprism.spectral.knowledge.tables import load_rows

Bands = Mapping[str, tuple[float, float]]
"""Centre and full width at half maximum in nm under the name of each band."""


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
        """Return centre and width in nm of a band by its number, e.g. "8A"; None for an unknown one."""
        return self.bands.get(f"B{number}") or self.bands.get(f"B0{number}")


def _load_sensors() -> tuple[Sensor, ...]:
    bands: defaultdict[str, dict[str, tuple[float, float]]] = defaultdict(dict)
    for row in load_rows("sensor_bands"):
        bands[row["code"]][row["band"]] = (float(row["centre_nm"]), float(row["fwhm_nm"]))
    return tuple(
        Sensor(
            row["name"],
            row["code"],
            # the mark starts a word: "volt05" does not name LT05
            re.compile(f"(?<![a-z0-9])(?:{row['pattern']})", re.IGNORECASE),
            bands[row["code"]],
        )
        for row in load_rows("sensors")
    )


SENSORS: Final = _load_sensors()
"""The satellites of sensors.csv, Sentinel-2A first, with the bands of sensor_bands.csv."""

_BAND: Final = re.compile(r"(?:S[RT]_)?B0?([1-9][0-9]?A?)", re.IGNORECASE)
_FORM_OF_ESA: Final = re.compile(r"B(?:0[1-9]|8A)", re.IGNORECASE)


def look_up_bands(
    names: Sequence[str], texts: Iterable[str]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], tuple[str, ...]] | None:
    """Look up the wavelengths of bands called B1, B02, SR_B4, ... of the satellite that the texts name.

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
    # "red" or "QA_B2": names of another kind, so that the wavelengths must come from elsewhere
    if len(numbers) != len(names) or not all(any(s.facts(number) for s in SENSORS) for number in numbers):
        return None
    sensor = _find_sensor(names, " ".join(texts))
    facts = [sensor.facts(number) for number in numbers]
    missing = [name for name, fact in zip(names, facts, strict=True) if fact is None]
    if missing:
        raise DataError(
            f"bands of {sensor.name} should be among {', '.join(sensor.bands)}. Found {', '.join(missing)}. "
            "Correct the satellite in the file's name or tags, or give the wavelengths in nm."
        )
    table = np.array(facts, dtype=np.float64)
    return table[:, 0], table[:, 1], (f"wavelengths are {sensor.name}'s, from the names of the bands",)


def _find_sensor(names: Sequence[str], text: str) -> Sensor:
    sensors = [sensor for sensor in SENSORS if sensor.mark.search(text)]
    # only ESA writes two digits; A and B differ by less than a band's width
    if not sensors and any(_FORM_OF_ESA.fullmatch(name) for name in names):
        return SENSORS[0]
    if len(sensors) == 1:
        return sensors[0]
    satellites = " and ".join(sensor.name for sensor in sensors) or "none"
    raise MissingWavelengthsError(
        f"bands {', '.join(names)} should be those of one satellite: on another, the same names mean other "
        f"wavelengths. Found {satellites} in the file's name and tags. Put one of "
        f"{', '.join(sensor.code for sensor in SENSORS)} into the file's name. {ASK_FOR_WAVELENGTHS}"
    )
