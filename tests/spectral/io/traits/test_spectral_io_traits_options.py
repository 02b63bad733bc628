import pytest

from lrprism.errors import InputError
from lrprism.spectral.io.traits.options import TraitOptions, name_traits, split_unit


@pytest.mark.parametrize(
    ("column", "name", "unit"),
    [
        ("nitrogen (%)", "nitrogen", "%"),
        ("N [mg/g]", "N", "mg/g"),
        ("N_%", "N", "%"),
        ("LMA_g_m2", "LMA", "g/m²"),
        ("water", "water", ""),
        ("leaf_area", "leaf_area", ""),
        (" fat (g/100 g) ", "fat", "g/100 g"),
    ],
)
def test_a_unit_is_read_from_the_name_of_a_column(column: str, name: str, unit: str) -> None:
    assert split_unit(column) == (name, unit)


def test_what_the_user_says_goes_before_the_name() -> None:
    assert name_traits(["N (%)", "water"], ["mg/g", "g"]) == (["N", "water"], ["mg/g", "g"])
    assert name_traits(["N (%)", "water"], []) == (["N", "water"], ["%", ""])


def test_one_trait_in_two_units_is_two_traits() -> None:
    assert name_traits(["N (%)", "N (mg/g)"], []) == (["N (%)", "N (mg/g)"], ["%", "mg/g"])


def test_columns_and_units_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match=r"name each trait once\. Found 'N' more than once\. Leave one out"):
        TraitOptions(("N", "water", "N"))
    with pytest.raises(InputError, match=r"once for each --target-column.* Found 1 units for 2 traits\."):
        TraitOptions(("N", "water"), ("%",))
    with pytest.raises(InputError, match=r"for each of the 1 traits\. Found 2 units"):
        name_traits(["trait"], ["%", "g"])
