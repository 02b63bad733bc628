import warnings
from typing import Any

import pytest
import torch
from torch import Tensor

from lrprism.errors import RelevanceWarning
from lrprism.spectral.workbench.cautions import Cautions


def warn_twice(model: Any, x: Tensor, target: Tensor) -> Tensor:  # noqa: ARG001
    for _ in range(2):
        warnings.warn("the map says little", RelevanceWarning, stacklevel=1)
    return 2 * x


def test_a_warning_is_kept_once_with_all_rules_that_it_is_about() -> None:
    cautions, network, x = Cautions(), object(), torch.ones(1)
    # an unheard warning would be an error here
    for name in ("epsilon", "epsilon@mean"):
        explain = cautions.listen(name, warn_twice, network)
        assert explain(network, x, x).item() == 2
        explain(network, x, x)
    assert cautions.lines() == ["epsilon, epsilon@mean: the map says little"]


def test_a_network_with_random_weights_is_not_spoken_of() -> None:
    cautions, x = Cautions(), torch.ones(1)
    cautions.listen("epsilon", warn_twice, object())(object(), x, x)
    assert cautions.lines() == []


def test_other_warnings_are_handed_on() -> None:
    def grow_old(model: Any, x: Tensor, target: Tensor) -> Tensor:  # noqa: ARG001
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        return x

    cautions, network, x = Cautions(), object(), torch.ones(1)
    with pytest.warns(DeprecationWarning, match="old"):
        cautions.listen("epsilon", grow_old, network)(network, x, x)
    assert cautions.lines() == []
