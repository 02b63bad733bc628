import pytest

import lrprism as lp
from lrprism.spectral.workbench.scene_classes import join_classes
from lrprism.spectral.workbench.scene_labels import KnownClasses


def test_the_union_counts_by_codes() -> None:
    a, b = KnownClasses(["wheat", "maize"], [2, 7]), KnownClasses(["rye", "wheat"], [1, 2])
    union, places = join_classes({"a": a, "b": b})
    assert union == KnownClasses(["rye", "wheat", "maize"], [1, 2, 7])
    assert places == [[1, 2], [0, 1]]


def test_words_without_codes_are_matched_by_name_in_the_order_they_come() -> None:
    a, b = KnownClasses(["maize", "wheat"], []), KnownClasses(["barley", "wheat"], [])
    union, places = join_classes({"a": a, "b": b})
    assert union == KnownClasses(["maize", "wheat", "barley"], [])
    assert places == [[0, 1], [2, 1]]


def test_a_code_without_a_name_gets_the_one_of_another_scene() -> None:
    a, b = KnownClasses(["class 3", "class 9"], [3, 9]), KnownClasses(["oak"], [3])
    union, places = join_classes({"a": a, "b": b})
    assert union == KnownClasses(["oak", "class 9"], [3, 9])
    assert places == [[0, 1], [0]]
    assert join_classes({"b": b, "a": a})[0] == union


def test_a_name_in_words_gets_the_code_of_another_scene() -> None:
    union, _ = join_classes({"a": KnownClasses(["oak"], []), "b": KnownClasses(["beech", "oak"], [1, 4])})
    assert union == KnownClasses(["beech", "oak"], [1, 4])


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (KnownClasses(["rye"], [2]), r"Found code 2 as 'wheat' in 'a' and as 'rye' in 'b'"),
        (KnownClasses(["wheat"], [5]), r"Found 'wheat' as code 2 in 'a' and as code 5 in 'b'"),
        (KnownClasses(["Wheat"], [2]), r"Found code 2 as 'wheat' in 'a' and as 'Wheat' in 'b'"),
        (KnownClasses(["Wheat"], []), r"Found a class as 'wheat' in 'a' and as 'Wheat' in 'b'"),
    ],
)
def test_labels_that_contradict_each_other(other: KnownClasses, found: str) -> None:
    with pytest.raises(lp.DataError, match=rf"should mean the same classes\. {found}\. Name and number"):
        join_classes({"a": KnownClasses(["wheat"], [2]), "b": other})


def test_words_beside_codes_without_names() -> None:
    a, b = KnownClasses(["wheat"], []), KnownClasses(["class 1"], [1])
    with pytest.raises(lp.DataError, match=r"Found words in 'a', 'wheat', and codes alone in 'b', 1\. Give"):
        join_classes({"a": a, "b": b})
