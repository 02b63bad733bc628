import numpy as np
import xarray as xr

from lrprism.spectral.workbench.compared_doubts import ComparedMaps, name_worst

FINE = {"verdict": {"doubt": None, "cares": []}}
CARE = {"verdict": {"doubt": None, "cares": ["one", "another"]}}


def make(**attrs: str) -> xr.Dataset:
    """Rye and oats mixed up at random, hay always right."""
    return xr.Dataset(
        {
            "label": ("sample", np.repeat([0, 2, 1], 20)),
            "predicted": ("sample", np.array([0, 2] * 20 + [1] * 20)),
        },
        coords={"class_name": ("class", ["rye", "hay", "oats"])},
        attrs=attrs,
    )


def test_maps_that_nothing_speaks_against() -> None:
    maps = ComparedMaps("a", FINE, make(), (1,))
    assert (maps.describe(), maps.head()) == ([], "")
    # of a result without a verdict
    assert ComparedMaps("a", {}, make(), ()).describe() == []


def test_classes_that_are_mixed_up_are_not_to_be_compared() -> None:
    maps = ComparedMaps("", CARE, make(), (0, 1, 2))
    assert maps.describe() == ["Do not read this comparison: the network does not tell rye from oats."]
    assert maps.head() == "classes that the network mixes up: do not read"


def test_a_compared_class_that_is_mixed_up_with_another_one_is_left_to_the_verdict() -> None:
    maps = ComparedMaps("", CARE, make(), (0, 1))
    assert maps.describe() == ["Read this comparison with care: one; another."]
    assert maps.head() == "read with care"
    # of one class in two results its maps are compared, and they are those of a class that is not told
    assert "Do not read" in ComparedMaps("", FINE, make(), (0,)).describe()[0]


def test_a_doubt_stands_before_a_care() -> None:
    care = ComparedMaps("a", CARE, make(), (1,))
    doubted = ComparedMaps("b", CARE, make(doubt="it is at chance"))
    assert care.describe() == ["Read this comparison with care: a: one; another."]
    assert doubted.describe() == ["Do not read this comparison: b: it is at chance."]
    assert name_worst([care]) == "read with care"
    assert name_worst([care, doubted]) == "network at chance level: do not read"
    assert name_worst([]) == ""
