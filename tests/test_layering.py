"""Imports point down only, and the door stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import lrprism

PACKAGE = Path(lrprism.__file__).parent
LAYERS = (
    "_errors", ("memory", "numerics"), "rules", "ops", "engine", "composites", "attribution",
    ("models", "training"), "spectral", "evaluation", ("plots", "report"), "workbench", "cli",
)  # fmt: skip
"""From the bottom up; names in one tuple must not import each other."""
LEVEL = {
    name: level
    for level, names in enumerate(LAYERS)
    for name in ([names] if isinstance(names, str) else names)
}
TORCH_ALONE = ("_errors", "memory", "numerics", "rules", "ops", "engine", "composites", "attribution")
HEAVY = (
    "matplotlib",
    "xarray",
    "lightning",
    "typer",
    "rich",
    "h5py",
    "pandas",
    "scipy",
    "spectral",
    "tensorly",
    "dask",
    "zarr",
    "rasterio",
)


def imports(path: Path) -> list[str]:
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.extend(
                [node.module or ""] if node.module != "lrprism" else [f"lrprism.{a.name}" for a in node.names]
            )
    return found


FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if path.parent != PACKAGE or path.stem in LEVEL]


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


LATE = {"engine/audit.py": {"pandas"}}
"""Imported by the one method that exports to it, when it is called."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    own = room(path)
    for name in imports(path):
        if name.startswith("lrprism."):
            other = name.split(".")[1]
            assert other in LEVEL, f"{path} imports {name}: import from the layer's own package"
            assert other == own or LEVEL[other] < LEVEL[own], (
                f"{path} imports {name} from a layer above or beside it"
            )


@pytest.mark.parametrize(
    "path", [path for path in FILES if room(path) in TORCH_ALONE], ids=lambda path: path.stem
)
def test_the_engine_needs_torch_alone(path: Path) -> None:
    outside = {name.split(".")[0] for name in imports(path)} - sys.stdlib_module_names - {"lrprism", "torch"}
    assert outside == LATE.get(path.relative_to(PACKAGE).as_posix(), set())


def test_the_door_imports_nothing_heavy() -> None:
    script = (
        "import sys, torch; before = set(sys.modules); import lrprism; print(*(set(sys.modules) - before))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {name.split(".")[0] for name in loaded} & set(HEAVY)


def test_the_door_is_sorted_and_complete() -> None:
    assert (
        sorted(lrprism.__all__, key=lambda name: (not name.isupper(), name[0].islower(), name))
        == lrprism.__all__
    )
    assert all(hasattr(lrprism, name) for name in lrprism.__all__)
