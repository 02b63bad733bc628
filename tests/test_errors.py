"""The tree of errors is the one that is drawn, and each error is also of the built-in kind that it names."""

import re
from typing import Any

import pytest

import lrprism as lp
from lrprism import errors

CLASSES: dict[str, Any] = {
    name: value for name, value in vars(errors).items() if isinstance(value, type) and name.endswith("Error")
}
DRAWN = dict(re.findall(r"── (\w+) +\((\w+)\)", str(errors.__doc__)))
"""The built-in kind of each error in the drawing of the module's docstring."""


def test_every_error_is_drawn() -> None:
    assert DRAWN.keys() == CLASSES.keys() - {"LRPrismError"}


@pytest.mark.parametrize("name", DRAWN)
def test_an_error_can_be_caught_as_the_built_in_kind_that_is_drawn(name: str) -> None:
    assert CLASSES[name].__bases__ == (errors.LRPrismError, getattr(__import__("builtins"), DRAWN[name]))


def test_one_except_clause_catches_them_all() -> None:
    with pytest.raises(lp.LRPrismError):
        lp.presets.Epsilon(-1.0)
    assert not issubclass(errors.RelevanceWarning, errors.LRPrismError)
