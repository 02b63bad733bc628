"""The benchmark scenes that circulate as MATLAB files without wavelengths, and what is known about them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from lrprism.spectral.knowledge.indian_pines import INDIAN_PINES_CLASSES, _channel_table, original_channels


@dataclass(frozen=True, eq=False)
class BandFacts:
    """What is known about the bands of a scene.

    Shapes: all ``[band]``.

    Args:
        wavelength: Centre wavelengths in nm.
        fwhm: FWHM in nm, or None.
        channel: 0-based number in the sensor's full list.
        assumed: What was taken for granted.
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
        """Wavelengths of the bands that are left, and the sentence that says they are assumed."""
        kept = np.setdiff1d(np.arange(self.channels), np.array(self.left_out, dtype=np.int64) - 1)
        without = f" without {_ranges(self.left_out)} (from 1)" if self.left_out else ""
        sentence = (
            f"wavelengths are those of {self.channels} channels evenly spaced over "
            f"{self.first:g}-{self.last:g} nm{without}: the file carries none"
        )
        return BandFacts(np.linspace(self.first, self.last, self.channels)[kept], None, kept, (sentence,))


@dataclass(frozen=True)
class AvirisTable:
    """Channels of the AVIRIS flight over Indian Pines, whose wavelengths are tabulated.

    Args:
        corrected: Whether the 20 channels in water vapour are left out.
    """

    corrected: bool

    def facts(self) -> BandFacts:
        """Wavelengths and FWHM from 92AV3C.spc in the package spectral."""
        kept = original_channels() if self.corrected else np.arange(220)
        table = _channel_table()[kept]
        return BandFacts(
            table[:, 0],
            table[:, 1],
            kept,
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
        bands: What is known of the wavelengths, or None where the kept channels are not.
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


def _ranges(numbers: Iterable[int]) -> str:
    """Write 1, 2, 3, 7 as "1-3, 7".

    Returns:
        The text.
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{low}-{high}" if high > low else str(low) for low, high in runs)


_RADIANCE_UNITS: Final = "µW cm⁻² nm⁻¹ sr⁻¹"
_PURDUE: Final = (
    "M. F. Baumgardner, L. L. Biehl, D. A. Landgrebe (2015), 220 Band AVIRIS Hyperspectral Image Data Set: "
    "June 12, 1992 Indian Pine Test Site 3, Purdue University Research Repository, doi:10.4231/R7RX991C"
)
_PAVIA: Final = "P. Gamba, Telecommunications and Remote Sensing Laboratory, University of Pavia"
_EHU: Final = "Grupo de Inteligencia Computacional, University of the Basque Country, hyperspectral scenes"

BENCHMARK_SCENES: Final = (
    BenchmarkScene(
        "Indian Pines", ("indian_pines_corrected",), ("indian_pines_gt",), (145, 145, 200), "AVIRIS",
        AvirisTable(corrected=True), INDIAN_PINES_CLASSES, _PURDUE,
        "radiance", _RADIANCE_UNITS, divisor=500.0, zero=1000.0,
    ),
    BenchmarkScene(
        "Indian Pines, all channels", ("indian_pines",), ("indian_pines_gt",), (145, 145, 220), "AVIRIS",
        AvirisTable(corrected=False), INDIAN_PINES_CLASSES, _PURDUE,
        "radiance", _RADIANCE_UNITS, divisor=500.0, zero=1000.0,
    ),
    BenchmarkScene(
        "Pavia University", ("paviau",), ("paviau_gt",), (610, 340, 103), "ROSIS",
        EvenlySpaced(430.0, 860.0, 103),
        ("Asphalt", "Meadows", "Gravel", "Trees", "Painted metal sheets", "Bare Soil", "Bitumen",
         "Self-Blocking Bricks", "Shadows"),
        _PAVIA,
    ),
    BenchmarkScene(
        "Pavia Centre", ("pavia",), ("pavia_gt",), (1096, 715, 102), "ROSIS",
        EvenlySpaced(430.0, 860.0, 102), (), _PAVIA,
    ),
    BenchmarkScene(
        "Salinas", ("salinas_corrected",), ("salinas_gt",), (512, 217, 204), "AVIRIS",
        EvenlySpaced(400.0, 2500.0, 224, (*range(108, 113), *range(154, 168), 224)),
        ("Brocoli_green_weeds_1", "Brocoli_green_weeds_2", "Fallow", "Fallow_rough_plow", "Fallow_smooth",
         "Stubble", "Celery", "Grapes_untrained", "Soil_vinyard_develop", "Corn_senesced_green_weeds",
         "Lettuce_romaine_4wk", "Lettuce_romaine_5wk", "Lettuce_romaine_6wk", "Lettuce_romaine_7wk",
         "Vinyard_untrained", "Vinyard_vertical_trellis"),
        _EHU,
    ),
    BenchmarkScene(
        "Kennedy Space Center", ("ksc",), ("ksc_gt",), (512, 614, 176), "AVIRIS", None,
        ("Scrub", "Willow swamp", "Cabbage palm hammock", "Cabbage palm/oak hammock", "Slash pine",
         "Oak/broadleaf hammock", "Hardwood swamp", "Graminoid marsh", "Spartina marsh", "Cattail marsh",
         "Salt marsh", "Mud flats", "Water"),
        _EHU,
    ),
    BenchmarkScene(
        "Botswana", ("botswana",), ("botswana_gt",), (1476, 256, 145), "Hyperion", None,
        ("Water", "Hippo grass", "Floodplain grasses 1", "Floodplain grasses 2", "Reeds", "Riparian",
         "Firescar", "Island interior", "Acacia woodlands", "Acacia shrublands", "Acacia grasslands",
         "Short mopane", "Mixed mopane", "Exposed soils"),
        _EHU,
    ),
    BenchmarkScene(
        "Houston 2013", ("houston", "houston2013"), ("houston_gt", "houston2013_gt"), (349, 1905, 144),
        "CASI", EvenlySpaced(380.0, 1050.0, 144),
        ("Healthy grass", "Stressed grass", "Synthetic grass", "Trees", "Soil", "Water", "Residential",
         "Commercial", "Road", "Highway", "Railway", "Parking Lot 1", "Parking Lot 2", "Tennis Court",
         "Running Track"),
        "IEEE GRSS Data Fusion Contest 2013, University of Houston",
    ),
)  # fmt: skip
"""The scenes, each with the shape by which it is told from a file of the same name."""
