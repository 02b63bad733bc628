import numpy as np
import pytest
from scipy.integrate import quad

from lrprism.errors import InputError
from lrprism.spectral.simulate import TRAITS, leaf_optics
from lrprism.spectral.simulate.prospect import average_transmissivity

CONTENTS = {
    "structure": 1.5,
    "chlorophyll": 40.0,
    "carotenoids": 10.0,
    "anthocyanin": 2.0,
    "water": 0.015,
    "dry-matter": 0.0075,
}


def test_the_numbers_of_another_program() -> None:
    # prosail 2.0.5: run_prospect(1.5, 40, 10, 0, 0.015, 0.0075, ant=2, prospect_version="D")
    leaf = leaf_optics(CONTENTS, [450.0, 550.0, 675.0, 800.0, 1450.0])
    expected = [0.04112395, 0.11837712, 0.03588375, 0.44862421, 0.1234029]
    np.testing.assert_allclose(leaf.reflectance[0], expected, atol=1e-8)
    expected = [0.00084468, 0.11389375, 0.00476003, 0.4808447, 0.15804036]
    np.testing.assert_allclose(leaf.transmittance[0], expected, atol=1e-8)


@pytest.mark.parametrize("angle", [40.0, 90.0])
@pytest.mark.parametrize("n", [1.2, 1.5])
def test_a_face_lets_through_what_fresnel_says(angle: float, n: float) -> None:
    def pass_through(theta: float) -> float:
        # Fresnel's equations by the two angles, with Snell's law
        inside = np.arcsin(np.sin(theta) / n)
        across = (np.sin(theta - inside) / np.sin(theta + inside)) ** 2
        along = (np.tan(theta - inside) / np.tan(theta + inside)) ** 2
        return float((1 - (across + along) / 2) * np.sin(2 * theta))

    limit = np.radians(angle)
    expected = quad(pass_through, 1e-9, limit, epsabs=1e-12)[0] / np.sin(limit) ** 2
    assert average_transmissivity(limit, n) == pytest.approx(expected, abs=1e-8)


def test_plates_are_piled_up_one_by_one() -> None:
    # contents rise with the structure, so that each plate holds the same
    def leaf_of(plates: int) -> tuple[float, float]:
        contents = {name: plates * value for name, value in CONTENTS.items()} | {"structure": plates}
        leaf = leaf_optics(contents, [720.0])
        return leaf.reflectance[0, 0], leaf.transmittance[0, 0]

    # the light between a pile (first plate lit within 40°) and one more plate below, summed by hand; what the
    # inner plate does follows from two and one
    (r1, t1), (r2, t2), (r3, t3) = leaf_of(1), leaf_of(2), leaf_of(3)
    # r2 = r1 + t1 r t / (1 - r r), t2 = t1 t / (1 - r r) give t and r of the inner plate
    r = (r2 - r1) / t2
    t = t2 * (1 - r * r) / t1
    pile_r, pile_t = r + t * r * t / (1 - r * r), t * t / (1 - r * r)
    # two inner plates under the first, which turns r of what comes from below back
    assert r3 == pytest.approx(r1 + t1 * pile_r * t / (1 - pile_r * r), abs=1e-12)
    assert t3 == pytest.approx(t1 * pile_t / (1 - pile_r * r), abs=1e-12)


def test_light_is_neither_made_nor_lost_without_absorption() -> None:
    empty = dict.fromkeys(TRAITS, 0.0) | {"structure": 2.5}
    leaf = leaf_optics(empty, np.arange(400.0, 2500.0, 50))
    np.testing.assert_allclose(leaf.reflectance + leaf.transmittance, 1, atol=1e-9)


@pytest.mark.parametrize("trait", [name for name in TRAITS if name != "structure"])
def test_more_of_a_substance_lets_less_light_out(trait: str) -> None:
    nm = np.arange(400.0, 2500.0, 20)
    leaf = leaf_optics({trait: [TRAITS[trait].low, TRAITS[trait].high]}, nm)
    both = leaf.reflectance + leaf.transmittance
    assert (both > 0).all()
    assert (both < 1).all()
    assert (np.diff(both, axis=0) <= 1e-12).all()
    assert np.diff(both, axis=0).min() < -1e-3


def test_a_black_leaf_mirrors_what_its_surface_does() -> None:
    leaf = leaf_optics({"chlorophyll": [1e5], "structure": 3.0}, [430.0, 670.0])
    index = np.array([1.5002, 1.4464])  # the table's
    expected = 1 - average_transmissivity(np.radians(40), index)
    np.testing.assert_allclose(leaf.reflectance[0], expected, atol=1e-12)
    assert (leaf.transmittance < 1e-12).all()


def test_below_the_table_its_first_row_is_used() -> None:
    leaf = leaf_optics({}, [360.0, 400.0]).reflectance
    assert leaf[0, 0] == leaf[0, 1]


@pytest.mark.parametrize(
    ("traits", "nm", "message"),
    [
        ({"colour": 1.0}, 500.0, "a trait should be one of chlorophyll, .* Found 'colour'"),
        ({"water": -1.0}, 500.0, "water of a leaf should be 0 or more, in cm. Found -1"),
        ({"structure": 0.5}, 500.0, "structure of a leaf should be 1 or more, in plates. Found 0.5"),
        ({"chlorophyll": np.nan}, 500.0, "chlorophyll of a leaf should be 0 or more"),
        ({}, 300.0, "wavelengths of a leaf should lie in 350 to 2500 nm. Found 300 nm"),
        ({}, 2600.0, "Found 2600 nm"),
    ],
)
def test_an_impossible_leaf_is_refused(traits: dict[str, float], nm: float, message: str) -> None:
    with pytest.raises(InputError, match=message):
        leaf_optics(traits, [nm])
