"""What CONTRIBUTING says of the size of files and bodies, and of the place of tests."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src/lrprism"
FILES = sorted(PACKAGE.rglob("*.py"))
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
LONGEST_FILE, LONGEST_BODY = 300, 30


def measure_body(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function from the first statement behind its docstring to the last."""
    statements = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (statements[-1].end_lineno or 0) - statements[0].lineno + 1 if statements else 0


def list_public_names(tree: ast.Module) -> list[str]:
    nodes = (node for node in tree.body if isinstance(node, (*FUNCTION, ast.ClassDef)))
    return [node.name for node in nodes if not node.name.startswith("_")]


def test_a_body_is_measured_without_its_docstring() -> None:
    (function,) = ast.parse('def f():\n    """Say\n\n    it.\n    """\n    a = 1\n\n    return a\n').body
    assert isinstance(function, ast.FunctionDef)
    assert measure_body(function) == 3


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_and_bodies_are_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, FUNCTION)]
    assert {f.name: measure_body(f) for f in functions if measure_body(f) > LONGEST_BODY} == {}


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if not path.name.startswith("__")],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_every_module_with_public_names_has_its_test_at_the_mirrored_path(path: Path) -> None:
    if list_public_names(ast.parse(path.read_text(encoding="utf-8"))):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        assert (ROOT / "tests").joinpath(*parts[:-1], f"test_{'_'.join(parts)}.py").is_file()
