"""What the documents name is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
GLOSSARY = (ROOT / "docs/notation.md").read_text(encoding="utf-8").split("\n## Glossary\n")[1]
WORDS = [row.split("|")[1:3] for row in GLOSSARY.splitlines() if "`" in row and row.startswith("|")]


@pytest.mark.parametrize(("word", "names"), WORDS)
def test_the_words_of_the_glossary_are_names_in_the_code(word: str, names: str) -> None:
    for name in re.findall(r"`([^`]+)`", names):
        last = name.split(".")[-1]
        is_file = any((ROOT / "src").rglob(f"{last}*"))
        assert is_file or re.search(rf"\b{last}\b", SOURCE), f"{word}: {name}"


def test_each_thing_has_one_word() -> None:
    names = [name for _, column in WORDS for name in re.findall(r"`([^`]+)`", column)]
    assert len(names) == len(set(names))
