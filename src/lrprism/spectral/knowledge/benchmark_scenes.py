"""The benchmark scenes that circulate as MATLAB files without wavelengths."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from lrprism.spectral.knowledge.indian_pines import original_channels, read_channel_table
from lrprism.spectral.knowledge.tables import load_rows


@dataclass(frozen=True, eq=False)
class BandFacts:
    """Wavelengths and channels of the bands of a scene.

    Shapes: all ``[band]``.

    Args:
        wavelength: Centre wavelengths in nm.
        fwhm: FWHM in nm, or None.
        channel: 0-based number in the sensor's full list.
        assumed: Assumptions behind the wavelengths, one sentence each.
    """

    wavelength: npt.NDArray[np.float64]
    fwhm: npt.NDArray[np.float64] | None
    channel: npt.NDArray[np.int64]
    assumed: tuple[str, ...]


@dataclass(frozen=True)
class EvenlySpaced:
    """Channels taken to be evenly spaced, of which some were left out.

    Args:
        first: Wavelength of the first channel in nm.
        last: Wavelength of the last channel in nm.
        channels: Number of channels before any was left out.
        left_out: Channels left out, counted from 1.
    """

    first: float
    last: float
    channels: int
    left_out: tuple[int, ...] = ()

    def facts(self) -> BandFacts:
        """Return the wavelengths of the remaining bands, and the sentence that says they are assumed."""
        # the publications count channels from 1
        channels = np.setdiff1d(np.arange(self.channels), np.array(self.left_out, dtype=np.int64) - 1)
        without = f" without {_write_ranges(self.left_out)} (from 1)" if self.left_out else ""
        sentence = (
            f"wavelengths are those of {self.channels} channels evenly spaced over "
            f"{self.first:g}-{self.last:g} nm{without}: the file carries none"
        )
        wavelength = np.linspace(self.first, self.last, self.channels)[channels]
        return BandFacts(wavelength, None, channels, (sentence,))


@dataclass(frozen=True)
class AvirisTable:
    """Channels of the AVIRIS flight over Indian Pines, whose wavelengths are tabulated.

    Args:
        corrected: Whether the 20 channels in water vapour are left out.
    """

    corrected: bool

    def facts(self) -> BandFacts:
        """Read wavelengths and FWHM from 92AV3C.spc in the package spectral."""
        channels = original_channels() if self.corrected else np.arange(220)
        table = read_channel_table()[channels]
        return BandFacts(
            table[:, 0],
            table[:, 1],
            channels,
            ("wavelengths and FWHM are those of 92AV3C.spc in the package spectral: the file carries none",),
        )


@dataclass(frozen=True)
class BenchmarkScene:
    r"""A scene as it circulates; a stored number s means :math:`v = (s - \mathrm{zero}) / \mathrm{divisor}`.

    Args:
        title: Name of the scene.
        cube_keys: Names of the cube's variable, in lower case.
        label_keys: Names of the label map's variable, in lower case.
        shape: Rows, columns, bands.
        sensor: Instrument.
        bands: Source of the wavelengths; None where nobody says which channels the scene keeps.
        class_names: Name of each class, the one labelled 1 first; empty where the order is not certain.
        citation: Whom to name.
        quantity: What the values measure.
        units: Units of the values.
        divisor: Stored numbers per unit.
        zero: Stored number that means 0.
    """

    title: str
    cube_keys: tuple[str, ...]
    label_keys: tuple[str, ...]
    shape: tuple[int, int, int]
    sensor: str
    bands: EvenlySpaced | AvirisTable | None
    class_names: tuple[str, ...]
    citation: str
    quantity: str = "digital number"
    units: str = "1"
    divisor: float = 1.0
    zero: float = 0.0


def _write_ranges(numbers: Iterable[int]) -> str:
    """Write 1, 2, 3, 7 as "1-3, 7"."""
    runs: list[list[int]] = []  # first and last number of each run
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{low}-{high}" if high > low else str(low) for low, high in runs)


def _parse_ranges(text: str) -> tuple[int, ...]:
    """Read ``1-3, 7`` as 1, 2, 3, 7; the inverse of :func:`_write_ranges`."""
    limits = [part.split("-") for part in text.split(", ") if part]
    return tuple(number for ends in limits for number in range(int(ends[0]), int(ends[-1]) + 1))


def _channels_of(row: Mapping[str, str]) -> EvenlySpaced | AvirisTable | None:
    left_out = _parse_ranges(row["left_out"])
    match row["wavelengths"]:
        case "evenly spaced":
            return EvenlySpaced(float(row["first_nm"]), float(row["last_nm"]), int(row["channels"]), left_out)
        case "92AV3C.spc":
            return AvirisTable(corrected=bool(left_out))
        case _:  # Kennedy Space Center, Botswana: nobody says which channels they keep
            return None


def _load_scenes() -> tuple[BenchmarkScene, ...]:
    classes = load_rows("scene_classes")
    return tuple(
        BenchmarkScene(
            row["title"],
            tuple(row["cube_keys"].split()),
            tuple(row["label_keys"].split()),
            (int(row["rows"]), int(row["columns"]), int(row["bands"])),
            row["sensor"],
            _channels_of(row),
            tuple(line["name"] for line in classes if line["scene"] == row["classes"]),
            row["citation"],
            row["quantity"],
            row["units"],
            float(row["divisor"]),
            float(row["zero"]),
        )
        for row in load_rows("benchmark_scenes")
    )


BENCHMARK_SCENES: Final = _load_scenes()
"""The scenes of benchmark_scenes.csv. No two have the same shape, by which a file is recognised."""
