"""Imports point down only, no two modules import each other, and the doors stay light."""

import ast
import json
import re
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

import lrprism

PACKAGE = Path(lrprism.__file__).parent
ENGINE = [
    {"errors", "memory"},
    {"stabilizers", "display"},
    {"rules"},
    {"graph"},
    {"ops"},
    {"engine"},
    {"composites"},
    {"evaluation"},
    {"attribution"},
    {"export"},
    {"plugs"},
]
"""The floors of the engine, from the bottom up; rooms on one floor do not import each other."""
SPECTRAL = [
    {"files"},
    {"cubes"},
    {"knowledge"},
    {"simulate", "bands"},
    {"io"},
    {"splits"},
    {"preprocessing", "networks"},
    {"training"},
    {"runs", "estimators"},
    {"plots", "report"},
    {"explorer"},
    {"workbench"},
    {"cli", "notebook"},
]
"""The floors of the workbench, which stands above the engine."""
FLOORS = [{f"lrprism.{room}" for room in floor} for floor in ENGINE]
FLOORS += [{f"lrprism.spectral.{room}" for room in floor} for floor in SPECTRAL]
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
DOORS = {"lrprism", "lrprism.__main__", "lrprism.door", "lrprism.spectral"}
"""They stand outside the floors: a user's imports come through them, our own do not."""
HEAVY = (
    "matplotlib",
    "numpy",
    "sklearn",
    "captum",
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
    "pyogrio",
    "shapely",
)


def name_module(path: Path) -> str:
    return ".".join(("lrprism", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")


MODULES = {name_module(path): path for path in sorted(PACKAGE.rglob("*.py"))}
INSIDE = [module for module in MODULES if module not in DOORS]


@cache  # late: every worker of pytest imports this file, and few run its tests
def list_imports(module: str) -> list[ast.Import | ast.ImportFrom]:
    """Return the statements of a module that import, for types and inside functions too."""
    tree = ast.parse(MODULES[module].read_text())
    return [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]


@cache
def imported_modules(module: str) -> frozenset[str]:
    """Return what a module imports; of a package, the module meant."""
    names: set[str] = set()
    for node in list_imports(module):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        else:
            assert node.level == 0, f"{module}: relative import"
            parts = {f"{node.module}.{alias.name}" for alias in node.names}
            names.update(part if part in MODULES else str(node.module) for part in parts)
    return frozenset(names)


def imports_of_ours(module: str) -> set[str]:
    return {name for name in imported_modules(module) if name.split(".")[0] == "lrprism"}


def room(module: str) -> str:
    return ".".join(module.split(".")[: 3 if module.startswith("lrprism.spectral.") else 2])


def test_every_module_stands_in_a_room_of_a_floor() -> None:
    assert [module for module in INSIDE if room(module) not in LEVEL] == []


def test_no_module_imports_from_a_door_but_from_the_room_s_own_package() -> None:
    assert {module: names for module in INSIDE if (names := imports_of_ours(module) & DOORS)} == {}


def test_imports_point_down() -> None:
    def is_below(name: str, module: str) -> bool:
        return room(name) == room(module) or LEVEL[room(name)] < LEVEL[room(module)]

    above = {
        module: [name for name in imports_of_ours(module) if not is_below(name, module)] for module in INSIDE
    }
    assert {module: names for module, names in above.items() if names} == {}


def test_no_modules_import_each_other() -> None:
    # a package and the modules that its door names count as one way: a module never imports its own door
    edges = {module: imports_of_ours(module) & MODULES.keys() - {module} for module in INSIDE}
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        if module in path:
            circle = (*path[path.index(module) :], module)
            pytest.fail("a circle: " + ", ".join(f"{a} imports {b}" for a, b in pairwise(circle)))
        if module not in done:
            for other in sorted(edges.get(module, ())):
                visit(other, (*path, module))
            done.add(module)

    for module in INSIDE:
        visit(module, ())


def test_private_names_stay_in_their_module() -> None:
    taken = [
        f"{module} imports {alias.name} from {node.module}"
        for module in MODULES
        for node in list_imports(module)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("lrprism")
        for alias in node.names
        if re.match("_[^_]", alias.name)
    ]
    assert taken == []


LATE = {
    "lrprism.attribution.explanation": {"matplotlib", "xarray"},
    "lrprism.attribution.figure": {"matplotlib"},
    "lrprism.attribution.labelled": {"xarray"},
    "lrprism.engine.account": {"pandas"},
    "lrprism.evaluation.benchmarks.pulses": {"xaitimesynth"},
    "lrprism.plugs.quantus": {"numpy"},
    "lrprism.plugs.sklearn": {"sklearn"},
    "lrprism.plugs.sklearn.convert": {"numpy", "sklearn"},
    "lrprism.plugs.sklearn.explain": {"numpy"},
    "lrprism.plugs.sklearn.steps": {"numpy"},
}
"""Imported by the one function that needs it, when it is called."""


def test_the_engine_needs_torch_alone() -> None:
    ours = {"lrprism", "torch", *sys.stdlib_module_names}
    outside = {
        module: {name.split(".")[0] for name in imported_modules(module)} - ours
        for module in INSIDE
        if not module.startswith("lrprism.spectral.")
    }
    assert {module: names for module, names in outside.items() if names} == LATE


IMPORTS = """
import json, sys
import lrprism, lrprism.errors
engine = list(sys.modules)
import lrprism.spectral
workbench = list(sys.modules)
lrprism.explain
print(json.dumps([engine, workbench, list(sys.modules), list(vars(lrprism))]))
"""


@pytest.fixture(scope="module")
def imports() -> list[set[str]]:
    """What a process has loaded behind each door, then with the first name; and the names of the first."""
    command = [sys.executable, "-c", IMPORTS]
    loaded = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return [{str(name) for name in names} for names in loaded]


def test_the_doors_import_nothing_heavy(imports: list[set[str]]) -> None:
    for loaded in imports[:2]:
        assert not {name.split(".")[0] for name in loaded} & {*HEAVY, "torch"}


def test_the_first_name_imports_all_names_and_none_before_needs_torch(imports: list[set[str]]) -> None:
    *_, loaded, names = imports
    assert "torch" in loaded
    assert set(lrprism.__all__) <= names
    assert set(lrprism.__all__) <= set(dir(lrprism))


@pytest.mark.parametrize("name", ["nothing", "__wrapped__"])
def test_a_name_that_the_door_lacks_is_refused(name: str) -> None:
    with pytest.raises(AttributeError, match=f"module 'lrprism' has no attribute '{name}'"):
        getattr(lrprism, name)


def test_the_door_is_sorted_and_complete() -> None:
    assert (
        sorted(lrprism.__all__, key=lambda name: (not name.isupper(), name[0].islower(), name))
        == lrprism.__all__
    )
    assert all(hasattr(lrprism, name) for name in lrprism.__all__)
