"""The sources of the documentation: whole, linked, and true to the pages that measure."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)
EXAMPLES = sorted((ROOT / "examples/gallery").glob("*.py"))
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def list_commands(text: str) -> list[str]:
    (block,) = re.findall(r"^```bash\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return block.splitlines()


def test_a_visitor_types_at_most_four_commands() -> None:
    commands = list_commands(read("start.md"))
    assert 1 <= len(commands) <= 4
    assert commands[-1].startswith("lrprism demo")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
def test_every_link_inside_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#\s]+)", FENCE.sub("", path.read_text(encoding="utf-8"))):
        # the page of an example is made of the example
        example = re.fullmatch(r"(?:\.\./)?gallery/(\w+)\.rst", target)
        source = ROOT / f"examples/gallery/{example[1]}.py" if example else path.parent / target
        assert source.is_file() or target == "gallery/index.rst", target


def test_every_page_stands_in_a_table_of_contents() -> None:
    listed = {"index"}
    for path in PAGES:
        folder = path.parent.relative_to(DOCS)
        for block in re.findall(r"```\{toctree\}\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL):
            entries = [line for line in block.splitlines() if line and not line.startswith(":")]
            listed |= {str(folder / entry) for entry in entries}
    assert {str(path.relative_to(DOCS).with_suffix("")) for path in PAGES} == listed - {"gallery/index"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_has_a_title_and_says_what_it_shows(path: Path) -> None:
    title, line, blank, *text = (ast.get_docstring(ast.parse(path.read_text())) or "").splitlines()
    assert line == "=" * len(title)
    assert not blank
    assert len(" ".join(text)) > 60
    assert "\nfigure = " in path.read_text()


def test_the_gallery_is_large_enough_to_choose_from() -> None:
    assert len(EXAMPLES) >= 12


def test_numbers_of_the_guide_stand_in_the_evidence() -> None:
    evidence = read("evidence.md")
    numbers = re.findall(r"\.\d{3} ± \.\d{3}", read("which-rule.md"))
    assert len(numbers) >= 10
    assert [number for number in numbers if number not in evidence] == []


@pytest.mark.parametrize(
    ("page", "quoted", "source"),
    [
        ("which-rule.md", ["0.0002", "0.9510", "0.8890", "0.7565"], "court.md"),
        ("which-rule.md", [".730", ".418", ".800", ".516"], "court.md"),
        ("which-rule.md", [".053", ".168", ".493", "21 of 50", "36 of 50"], "evidence.md"),
        ("my-model.md", ["717"], "zoo.md"),
        ("series-tables-text.md", ["405", "401"], "zoo.md"),
    ],
)
def test_a_number_that_is_quoted_stands_where_it_was_measured(
    page: str, quoted: list[str], source: str
) -> None:
    for number in quoted:
        assert number in read(page), number
        assert number in read(source), number


def test_goals_are_counted_as_the_evidence_counts_them() -> None:
    ((met, all_goals),) = re.findall(
        r"^(\d+) of (\d+) goals that this page", read("evidence.md"), re.MULTILINE
    )
    assert f"{met} of the {all_goals} goals" in read("limits.md")
    assert f"{met} of {all_goals} goals are met" in (ROOT / "README.md").read_text(encoding="utf-8")
