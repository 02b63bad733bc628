"""Named absorption features of plants, soils, minerals and the air, so that a band can be read in words."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from lrprism.errors import DataError

FeatureKind: TypeAlias = Literal["pigment", "structure", "water", "mineral", "biochemical", "atmosphere"]

_CURRAN = "Curran 1989, Remote Sensing of Environment 30, 271-278"
_CLARK = "Clark 1999, Spectroscopy of Rocks and Minerals, Manual of Remote Sensing 3, ch. 1, 3-58"
_HITRAN = "Gordon et al. 2022, HITRAN2020, J. Quant. Spectrosc. Radiat. Transfer 277, 107949"
_CAROTENOID = "Gitelson et al. 2002, Photochemistry and Photobiology 75, 272-281"
_ANTHOCYANIN = "Gitelson et al. 2001, Photochemistry and Photobiology 74, 38-45"
_PRI = "Gamon et al. 1992, Remote Sensing of Environment 41, 35-44"
_RED_EDGE = "Horler et al. 1983, International Journal of Remote Sensing 4, 273-288"


@dataclass(frozen=True)
class Feature:
    """A stretch of the spectrum with a known cause.

    Args:
        name: Short name, e.g. "chlorophyll a absorption".
        start_nm: Where it begins, in nm.
        end_nm: Where it ends, in nm.
        kind: What causes it; "atmosphere" means the air between ground and sensor, not the target.
        source: The publication that gives its place; the width is rounded to what sensors of 5 to 10 nm see.
    """

    name: str
    start_nm: float
    end_nm: float
    kind: FeatureKind
    source: str

    @property
    def center_nm(self) -> float:
        """Middle of the feature in nm."""
        return (self.start_nm + self.end_nm) / 2

    def distance(self, nm: float) -> float:
        """Distance of a wavelength from the feature in nm; 0 inside it.

        Args:
            nm: The wavelength.

        Returns:
            The distance.
        """
        return max(self.start_nm - nm, nm - self.end_nm, 0.0)


FEATURES: tuple[Feature, ...] = (
    Feature("chlorophyll a absorption", 420, 440, "pigment", _CURRAN),
    Feature("chlorophyll b absorption", 450, 475, "pigment", _CURRAN),
    Feature("Fe3+ absorption", 470, 490, "mineral", _CLARK),
    Feature("carotenoid absorption", 490, 515, "pigment", _CAROTENOID),
    Feature("xanthophyll signal (PRI)", 526, 536, "pigment", _PRI),
    Feature("anthocyanin absorption", 540, 560, "pigment", _ANTHOCYANIN),
    Feature("PRI reference", 565, 575, "pigment", _PRI),
    Feature("chlorophyll b absorption", 635, 650, "pigment", _CURRAN),
    Feature("chlorophyll a absorption", 655, 682, "pigment", _CURRAN),
    Feature("red edge", 682, 750, "structure", _RED_EDGE),
    Feature("oxygen B line", 686, 694, "atmosphere", _HITRAN),
    Feature("water vapour", 716, 734, "atmosphere", _HITRAN),
    Feature("oxygen A line", 759, 771, "atmosphere", _HITRAN),
    Feature("water vapour", 812, 836, "atmosphere", _HITRAN),
    Feature("Fe3+ absorption", 850, 930, "mineral", _CLARK),
    Feature("water vapour", 930, 962, "atmosphere", _HITRAN),
    Feature("leaf water", 962, 985, "water", _CURRAN),
    Feature("Fe2+ absorption", 985, 1050, "mineral", _CLARK),
    Feature("lignin", 1110, 1130, "biochemical", _CURRAN),
    Feature("water vapour", 1110, 1165, "atmosphere", _HITRAN),
    Feature("leaf water", 1180, 1220, "water", _CURRAN),
    Feature("water vapour", 1340, 1420, "atmosphere", _HITRAN),
    Feature("leaf water", 1400, 1470, "water", _CURRAN),
    Feature("protein and nitrogen", 1500, 1520, "biochemical", _CURRAN),
    Feature("carbon dioxide", 1568, 1582, "atmosphere", _HITRAN),
    Feature("carbon dioxide", 1598, 1612, "atmosphere", _HITRAN),
    Feature("lignin, starch and protein", 1680, 1700, "biochemical", _CURRAN),
    Feature("cellulose, sugar and starch", 1770, 1790, "biochemical", _CURRAN),
    Feature("water vapour", 1800, 1950, "atmosphere", _HITRAN),
    Feature("leaf water", 1930, 1960, "water", _CURRAN),
    Feature("carbon dioxide", 1995, 2030, "atmosphere", _HITRAN),
    Feature("carbon dioxide", 2045, 2075, "atmosphere", _HITRAN),
    Feature("protein and nitrogen", 2050, 2070, "biochemical", _CURRAN),
    Feature("starch and cellulose", 2090, 2110, "biochemical", _CURRAN),
    Feature("Al-OH absorption", 2160, 2215, "mineral", _CLARK),
    Feature("protein and nitrogen", 2170, 2190, "biochemical", _CURRAN),
    Feature("cellulose, sugar and starch", 2260, 2280, "biochemical", _CURRAN),
    Feature("protein and nitrogen", 2295, 2305, "biochemical", _CURRAN),
    Feature("carbonate and Mg-OH absorption", 2300, 2345, "mineral", _CLARK),
    Feature("cellulose", 2335, 2345, "biochemical", _CURRAN),
)
"""The features in order of wavelength. Several may share a wavelength: a band alone never proves a cause."""


def features_near(nm: float, tolerance: float = 5.0) -> tuple[Feature, ...]:
    r"""Find the features at most ``tolerance`` away from a wavelength.

    Distance to a feature [start, end] is :math:`\max(start - nm, nm - end, 0)`.

    Args:
        nm: The wavelength in nm.
        tolerance: Largest distance in nm; half the width of a band is a good choice.

    Returns:
        Nearest first; of those equally near the narrowest first.

    Raises:
        DataError: If the tolerance is negative.
    """
    if tolerance < 0:
        raise DataError(
            f"tolerance should be 0 nm or more. Found {tolerance:g}. Use half the width of a band."
        )
    near = (feature for feature in FEATURES if feature.distance(nm) <= tolerance)
    return tuple(sorted(near, key=lambda feature: (feature.distance(nm), feature.end_nm - feature.start_nm)))


def describe(nm: float, tolerance: float = 5.0) -> str:
    """Name the feature nearest to a wavelength in a few words.

    Args:
        nm: The wavelength in nm.
        tolerance: Largest distance in nm.

    Returns:
        E.g. "chlorophyll a absorption" or "oxygen A line (atmosphere)"; empty when nothing is near.

    Example:
        >>> describe(677.6)
        'chlorophyll a absorption'
        >>> describe(764.0)
        'oxygen A line (atmosphere)'
    """
    for feature in features_near(nm, tolerance):
        return f"{feature.name} (atmosphere)" if feature.kind == "atmosphere" else feature.name
    return ""
