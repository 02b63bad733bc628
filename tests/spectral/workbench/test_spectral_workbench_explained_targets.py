import numpy as np
import pytest
import torch
from torch import nn

import lrprism as lp
from lrprism.errors import InputError
from lrprism.spectral.training import Classification, Regression
from lrprism.spectral.workbench.explained_targets import (
    TraitValue,
    choose_target,
    choose_trait,
    class_target,
    read_target,
)

TRAITS = Regression(("nitrogen", "water"), ("%", ""))
CLASSES = Classification(("oak", "2"))
LABELS = np.array([1, 0])


@pytest.mark.parametrize("outputs", [1, 2])
def test_a_trait_keeps_its_sign_whether_it_is_the_only_one_or_not(outputs: int) -> None:
    # a single logit would be turned round for class 0
    layer = nn.Linear(2, outputs, bias=False)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[-3.0, 1.0], [2.0, 0.0]])[:outputs])
    x = torch.tensor([[1.0, 0.5], [2.0, 1.0]])
    explanation = lp.LRP(layer, lp.presets.Epsilon(0)).explain(x, TraitValue(0))
    torch.testing.assert_close(explanation.relevance, torch.tensor([[-3.0, 0.5], [-6.0, 1.0]]))
    assert explanation.target.tolist() == [0, 0]


def test_a_target_is_the_predicted_class_or_the_only_trait_by_default() -> None:
    assert choose_target(None, CLASSES) == "predicted"
    assert choose_target("Oak", CLASSES) == "oak"
    assert choose_target(None, Regression(("nitrogen",), ("%",))) == "0"
    with pytest.raises(InputError, match=r"Found none named\. Give --target with one of nitrogen, water\."):
        choose_target(None, TRAITS)


def test_the_number_of_a_class_is_that_of_the_labels() -> None:
    maps = Classification(("class 1", "class 2"))
    assert choose_target("1", maps, (1, 2)) == "class 1"
    assert choose_target("2", maps, (1, 2)) == "class 2"
    # words have no codes: their numbers are those of the tables
    assert choose_target("1", maps) == "class 2"
    with pytest.raises(InputError, match=r"its number in the labels \(1, 2\)\. Found '0'\."):
        choose_target("0", maps, (1, 2))
    with pytest.raises(
        InputError, match=r"true, one of class 1, class 2, or its number from 0 to 1\. Found 'a'"
    ):
        choose_target("a", maps)


def test_a_trait_is_named_or_numbered() -> None:
    assert choose_trait("Water", TRAITS) == choose_trait("1", TRAITS) == 1
    with pytest.raises(InputError, match=r"nitrogen, water, or its number from 0\. Found '2'\. Name a trait"):
        choose_trait("2", TRAITS)
    for word in ("predicted", "true"):
        with pytest.raises(
            InputError, match=rf"Found '{word}', a target of classes\. Name a trait, or leave"
        ):
            choose_target(word, TRAITS)


def test_words_become_targets() -> None:
    assert isinstance(read_target("water", TRAITS, LABELS), TraitValue)
    assert class_target("predicted", LABELS, CLASSES.names) is None
    assert class_target("2", LABELS, CLASSES.names) == 1
    true = class_target("true", LABELS, CLASSES.names)
    assert isinstance(true, torch.Tensor)
    assert true.tolist() == [1, 0]
    with pytest.raises(InputError, match=r"whose class is known\. Found 1 without\. Take --target pred"):
        class_target("true", np.array([1, -1]), CLASSES.names)
    with pytest.raises(InputError, match="target should be predicted, true, a class number"):
        read_target("elm", CLASSES, LABELS)
