"""The page of plugs says what runs."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/plugs.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^## (.*?)\n.*?^```python\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL))
MODULES = {"Captum": "captum", "Quantus": "quantus", "scikit-learn": "sklearn"}


@pytest.mark.parametrize("heading", MODULES)
@pytest.mark.filterwarnings("default:::quantus")
def test_the_block_runs_where_the_tool_is_installed(heading: str) -> None:
    pytest.importorskip(MODULES[heading], reason=f"{MODULES[heading]} is not installed: make plugs")
    exec(compile(BLOCKS[heading], f"docs/plugs.md, {heading}", "exec"), {})


def test_each_tool_has_an_extra_and_its_examples() -> None:
    extras = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for name in MODULES.values():
        assert re.search(rf"^{name} = \[", extras, flags=re.MULTILINE), name
    for name in re.findall(r"`(\w+\.py)`", PAGE):
        assert (ROOT / "examples/plugs" / name).is_file(), name


def test_the_supported_estimators_are_those_of_the_table() -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    from lrprism.plugs.sklearn import convert

    for kinds, _ in convert.TABLE:
        for kind in kinds:
            assert f"`{kind.__name__}`" in PAGE, kind
