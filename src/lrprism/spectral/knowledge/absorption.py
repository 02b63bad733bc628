"""Named absorption features of plants, soils, minerals and the air, so that a band can be read in words."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, cast

from lrprism.errors import DataError
from lrprism.spectral.knowledge.tables import load_rows

FeatureKind: TypeAlias = Literal["pigment", "structure", "water", "mineral", "biochemical", "atmosphere"]


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
        """Distance of a wavelength from the feature in nm; 0 inside it."""
        return max(self.start_nm - nm, nm - self.end_nm, 0.0)


FEATURES: Final[tuple[Feature, ...]] = tuple(
    Feature(
        row["name"],
        float(row["start_nm"]),
        float(row["end_nm"]),
        cast(FeatureKind, row["kind"]),
        row["source"],
    )
    for row in load_rows("absorption")
)
"""The rows of absorption.csv, by wavelength. Several may share one: a band alone never proves a cause."""
_HAZE_NM: Final = 450.0
_OPAQUE: Final = ((1350.0, 1430.0), (1800.0, 1960.0))  # nm, where the air lets nothing through


def list_features(attrs: Mapping[Hashable, Any], *, outdoors: bool) -> tuple[Feature, ...]:
    """List the features that data can show.

    Radiance below 450 nm is mostly haze, so that no pigment is named there; under the open sky nothing of the
    target is seen where the air is opaque, about 1400 and 1900 nm. Lines of the air are named as such under
    the open sky alone.

    Args:
        attrs: The attributes of the data, with their ``quantity``.
        outdoors: Whether the light came through the air, as in a scene.
    """
    hazy = outdoors and "radiance" in str(attrs.get("quantity", ""))
    return tuple(feature for feature in FEATURES if _is_seen(feature, hazy=hazy, outdoors=outdoors))


def _is_seen(feature: Feature, *, hazy: bool, outdoors: bool) -> bool:
    if feature.kind == "atmosphere":
        return outdoors
    if hazy and feature.start_nm < _HAZE_NM:
        return False
    return not outdoors or not any(low < feature.end_nm and feature.start_nm < high for low, high in _OPAQUE)


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
    # the narrowest feature says most: 690 nm lies in the oxygen B line and in the red edge
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
    # the air lies between ground and sensor: a band in one of its lines says nothing about the target
    for feature in features_near(nm, tolerance):
        return f"{feature.name} (atmosphere)" if feature.kind == "atmosphere" else feature.name
    return ""
