"""What CONTRIBUTING says of the size of files and bodies, and of the place of tests."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src/lrprism"
FILES = sorted(PACKAGE.rglob("*.py"))
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
LONGEST_FILE, LONGEST_BODY = 300, 30


def measure_body(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function from the first statement behind its docstring to the last."""
    statements = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (statements[-1].end_lineno or 0) - statements[0].lineno + 1 if statements else 0


@cache  # late: every worker of pytest imports this file, and few run its tests
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_file(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def list_public_names(tree: ast.Module) -> list[str]:
    nodes = (node for node in tree.body if isinstance(node, (*FUNCTION, ast.ClassDef)))
    return [node.name for node in nodes if not node.name.startswith("_")]


def test_a_body_is_measured_without_its_docstring() -> None:
    (function,) = ast.parse('def f():\n    """Say\n\n    it.\n    """\n    a = 1\n\n    return a\n').body
    assert isinstance(function, ast.FunctionDef)
    assert measure_body(function) == 3


def test_files_are_short() -> None:
    lengths = {name_file(path): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_bodies_are_short() -> None:
    bodies = [
        (name_file(path), node.name, measure_body(node))
        for path in FILES
        for node in ast.walk(parse(path))
        if isinstance(node, FUNCTION)
    ]
    assert len(bodies) > len(FILES)
    assert [body for body in bodies if body[-1] > LONGEST_BODY] == []


def test_every_module_with_public_names_has_its_test_at_the_mirrored_path() -> None:
    missing = []
    for path in FILES:
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        test = (ROOT / "tests").joinpath(*parts[:-1], f"test_{'_'.join(parts)}.py")
        is_module = not path.name.startswith("__")
        if is_module and list_public_names(parse(path)) and not test.is_file():
            missing.append(test)
    assert missing == []
