import ast
from pathlib import Path

import lrprism.spectral.plots


def test_door_is_sorted_and_complete() -> None:
    assert lrprism.spectral.plots.__all__ == sorted(lrprism.spectral.plots.__all__)
    assert all(callable(getattr(lrprism.spectral.plots, name)) for name in lrprism.spectral.plots.__all__)


def test_pyplot_and_its_global_state_are_never_used() -> None:
    for path in Path(lrprism.spectral.plots.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert not any("pyplot" in alias.name for alias in node.names), path
            elif isinstance(node, ast.ImportFrom):
                assert "pyplot" not in f"{node.module} {[alias.name for alias in node.names]}", path
