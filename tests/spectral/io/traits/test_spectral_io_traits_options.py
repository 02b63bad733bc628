import pytest

from lrprism.errors import InputError
from lrprism.spectral.io.traits.options import TraitOptions, find_column, name_traits, split_unit


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


def test_the_user_gives_the_unit_that_a_name_lacks() -> None:
    assert name_traits(["N (leaf)", "water"], ["mg/g", "g"]) == (["N", "water"], ["mg/g", "g"])
    assert name_traits(["magnesium (Mg)", "potassium (K)"], ["%", "%"])[1] == ["%", "%"]
    assert name_traits(["N (%)", "water"], []) == (["N", "water"], ["%", ""])
    assert name_traits(["N (%)", "water"], ["", "g"])[1] == ["", "g"]


@pytest.mark.parametrize(
    ("column", "unit"),
    [
        ("N (mg/g)", "mg g-1"),
        ("N (mg g⁻¹)", "mg/g"),
        ("N_mg_g", "mg g^-1"),
        ("N_percent", "%"),
        ("LMA (g/m²)", "g m-2"),
        ("Cab [µg/cm²]", "ug/cm2"),
        ("Cab [\N{GREEK SMALL LETTER MU}g cm-2]", "\N{MICRO SIGN}g/cm2"),
    ],
)
def test_a_unit_may_be_spelled_in_another_way(column: str, unit: str) -> None:
    assert name_traits([column], [unit])[1] == [unit]


@pytest.mark.parametrize(
    ("column", "unit"),
    [("nitrogen (mg/g)", "%"), ("N_%", "mg/g"), ("yield (Mg/ha)", "mg/ha"), ("LMA (g m-2)", "g/m")],
)
def test_a_unit_that_contradicts_the_name_is_refused(column: str, unit: str) -> None:
    with pytest.raises(
        InputError, match=r"should be the unit in the name of the column .* Leave out --target"
    ):
        name_traits(["water", column], ["g", unit])


def test_one_trait_in_two_units_is_two_traits() -> None:
    assert name_traits(["N (%)", "N (mg/g)"], []) == (["N (%)", "N (mg/g)"], ["%", "mg/g"])


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["plant", "nitrogen (%)"], "nitrogen (%)"),
        (["nitrogen", "nitrogen (%)"], "nitrogen"),
        # two units: which one is meant is not known
        (["nitrogen (%)", "nitrogen [mg/g]"], "nitrogen"),
        (["nitrogen total (%)", "N (%)"], "nitrogen"),
    ],
)
def test_a_column_is_found_without_its_unit(columns: list[str], expected: str) -> None:
    assert find_column("nitrogen", columns) == expected


def test_columns_and_units_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match=r"name each trait once\. Found 'N' more than once\. Leave one out"):
        TraitOptions(("N", "water", "N"))
    with pytest.raises(InputError, match=r"once for each --target-column.* Found 1 units for 2 traits\."):
        TraitOptions(("N", "water"), ("%",))
    with pytest.raises(InputError, match=r"for each of the 1 traits\. Found 2 units"):
        name_traits(["trait"], ["%", "g"])
