r"""PROSPECT-D: reflectance and transmittance of a leaf from what it holds.

Sources: the plate model of Jacquemoud, S. and Baret, F., "PROSPECT: a model of leaf optical properties
spectra", Remote Sensing of Environment 34, 1990, 75-91; the coefficients of Féret, J.-B., Gitelson, A. A.,
Noble, S. D. and Jacquemoud, S., "PROSPECT-D: towards modeling leaf optical properties through a complete
lifecycle", Remote Sensing of Environment 193, 2017, 204-215 (knowledge/prospect_d.csv; its licence stands
beside it).
"""

from functools import cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import exp1

from lrprism.errors import InputError
from lrprism.spectral.cubes.cube import check_wavelengths
from lrprism.spectral.knowledge.tables import load_rows
from lrprism.spectral.simulate.arrays import Numbers
from lrprism.spectral.simulate.traits import TRAITS, TraitValues

_ABSORBERS: Final = tuple(name for name in TRAITS if name != "structure")
_INCIDENCE: Final = np.radians(40.0)  # light falls on the upper side within this angle, says PROSPECT
_SHORTEST, _LAST = 350.0, 2500.0
_NODES: Final = 48  # more change nothing in float64


class LeafOptics(NamedTuple):
    """Reflectance and transmittance of leaves or of their layers, both ``[leaf, band]`` in 0 to 1."""

    reflectance: Numbers
    transmittance: Numbers


def leaf_optics(traits: TraitValues, wavelengths: npt.ArrayLike) -> LeafOptics:
    r"""Compute the reflectance and transmittance of leaves.

    A leaf is a pile of :math:`N` equal plates, N its structure. One plate absorbs

    .. math:: k = \frac1N \sum_i c_i K_i, \qquad \tau = (1 - k) e^{-k} + k^2 E_1(k)

    with the content :math:`c_i` and the specific absorption :math:`K_i` of each substance. Its faces let
    light in by Fresnel's equations, averaged over 40° from above and over 90° inside; the other
    :math:`N - 1` plates follow from one by Stokes' formula.
    Below 400 nm, where the table begins, the constants of 400 nm are used, down to 350 nm.
    Shapes: each trait ``[leaf]`` or a number; ``wavelengths``: ``[band]``; results ``[leaf, band]``.

    Args:
        traits: Content of each trait, in the units of :data:`TRAITS`; one that is missing takes its mean.
        wavelengths: Wavelengths in nm.

    Raises:
        InputError: If a trait is unknown or impossible, or a wavelength lies outside 350 to 2500 nm.

    Example:
        >>> green = leaf_optics({"chlorophyll": 40.0}, [550.0, 675.0, 800.0]).reflectance
        >>> bool(green[0, 1] < green[0, 0] < green[0, 2])
        True
    """
    contents = _check_traits(traits)
    index, absorption = _interpolate_constants(_check_range(wavelengths))
    structure = contents["structure"][:, None]
    content = np.stack([contents[name] for name in _ABSORBERS], axis=1)
    transmitted = _transmit_through(content @ absorption / structure)
    diffuse = average_transmissivity(np.pi / 2, index)
    let_out = diffuse / index**2  # what meets a face from inside at a flat angle stays inside
    first = _make_plate(average_transmissivity(_INCIDENCE, index), let_out, transmitted)
    inner = _make_plate(diffuse, let_out, transmitted)
    others = _pile_up(inner, structure - 1)
    between = 1 - others.reflectance * inner.reflectance
    return LeafOptics(
        first.reflectance + first.transmittance * others.reflectance * inner.transmittance / between,
        first.transmittance * others.transmittance / between,
    )


def average_transmissivity(angle: float, index: npt.ArrayLike) -> Numbers:
    r"""Average what a smooth face lets through over all directions within an angle from its normal.

    .. math:: t_{av}(\alpha, n) = \frac{1}{\sin^2 \alpha} \int_0^\alpha T(\theta, n) \sin 2\theta \, d\theta

    with Fresnel's :math:`T` for light without polarisation; integrated by Gauss and Legendre.

    Args:
        angle: Largest angle in radians, above 0 and at most pi / 2.
        index: Refractive index behind the face, in front of it 1; any shape, which the result has.
    """
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    theta = angle * (nodes + 1) / 2
    n = np.asarray(index, dtype=np.float64)[..., None]
    outside, inside = np.cos(theta), np.sqrt(1 - (np.sin(theta) / n) ** 2)
    across = ((outside - n * inside) / (outside + n * inside)) ** 2
    along = ((inside - n * outside) / (inside + n * outside)) ** 2
    transmitted = 1 - (across + along) / 2
    integral = (transmitted * np.sin(2 * theta)) @ weights * angle / 2
    return np.asarray(integral / np.sin(angle) ** 2)


def _transmit_through(k: Numbers) -> Numbers:
    # k² E1(k) goes to 0 with k, but E1(0) is infinite
    safe = np.where(k > 0, k, 1.0)
    return np.asarray(np.where(k > 0, (1 - k) * np.exp(-k) + k**2 * exp1(safe), 1.0))


def _make_plate(let_in: Numbers, let_out: Numbers, transmitted: Numbers) -> LeafOptics:
    """Sum the light that goes to and fro between the two faces of a plate."""
    kept = 1 - let_out
    transmittance = let_in * transmitted * let_out / (1 - (kept * transmitted) ** 2)
    return LeafOptics(1 - let_in + kept * transmitted * transmittance, transmittance)


def _pile_up(plate: LeafOptics, count: Numbers) -> LeafOptics:
    """Return reflectance and transmittance of a pile of plates, of which there may be a broken number."""
    r, t = plate
    lost = 1 - r - t
    # Stokes' formula divides by the loss; without any, its limit holds
    lossless = lost < 1e-9
    root = np.sqrt(np.where(lossless, 1.0, (1 + r + t) * (1 + r - t) * (1 - r + t) * lost))
    a = np.where(lossless, 2.0, (1 + r**2 - t**2 + root) / (2 * r))
    # 1 / b of the formula, to the power of the count: in a dark leaf b itself overflows
    b = np.where(lossless, 0.5, 2 * t / (1 - r**2 + t**2 + root)) ** count
    transmittance = np.where(lossless, t / (t + (1 - t) * count), b * (a**2 - 1) / (a**2 - b**2))
    reflectance = np.where(lossless, 1 - transmittance, a * (1 - b**2) / (a**2 - b**2))
    return LeafOptics(reflectance, transmittance)


def _check_traits(traits: TraitValues) -> dict[str, Numbers]:
    unknown = [name for name in traits if name not in TRAITS]
    if unknown:
        raise InputError(
            f"a trait should be one of {', '.join(TRAITS)}. Found {unknown[0]!r}. Name one of these."
        )
    arrays = [np.atleast_1d(np.asarray(traits.get(name, TRAITS[name].mean), np.float64)) for name in TRAITS]
    contents = dict(zip(TRAITS, np.broadcast_arrays(*arrays), strict=True))
    for name, values in contents.items():
        least = 1.0 if name == "structure" else 0.0
        wrong = values[~(np.isfinite(values) & (values >= least))]
        if wrong.size:
            raise InputError(
                f"{name} of a leaf should be {least:g} or more, in {TRAITS[name].units}. Found {wrong[0]:g}. "
                f"Leaves have {TRAITS[name].low:g} to {TRAITS[name].high:g}."
            )
    return contents


def _check_range(wavelengths: npt.ArrayLike) -> Numbers:
    centre = check_wavelengths(wavelengths, np.size(np.asarray(wavelengths)))
    wrong = centre[(centre < _SHORTEST) | (centre > _LAST)]
    if wrong.size:
        raise InputError(
            f"wavelengths of a leaf should lie in {_SHORTEST:g} to {_LAST:g} nm. Found {wrong[0]:g} nm. "
            "PROSPECT-D knows no others."
        )
    return centre


def _interpolate_constants(wavelengths: Numbers) -> tuple[Numbers, Numbers]:
    """Return the refractive index ``[band]`` and the absorption ``[substance, band]``."""
    table = _load_constants()
    index, *absorption = (np.interp(wavelengths, table[0], row) for row in table[1:])
    return index, np.stack(absorption)


@cache
def _load_constants() -> Numbers:
    rows = load_rows("prospect_d")
    names = ("nm", "refractive_index", *_ABSORBERS)
    return np.array([[float(row[name]) for row in rows] for name in names])
