"""What our extensions of Sphinx do, on a page that is built here."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

EXTENSIONS = Path(__file__).parents[1] / "docs/_ext"

pytestmark = pytest.mark.skipif(
    find_spec("sphinx") is None or find_spec("myst_parser") is None,
    reason="Sphinx is not installed: make docs",
)

CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_parser", "executed", "llms", "mathml"]
myst_enable_extensions = ["dollarmath"]
html_math_renderer = "mathml"
html_theme = "basic"
executed_pages = ["index"]
llms_summary = "A summary."
"""


def build(folder: Path, page: str) -> subprocess.CompletedProcess[str]:
    (folder / "conf.py").write_text(CONF, encoding="utf-8")
    (folder / "index.md").write_text(page, encoding="utf-8")
    words = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", str(folder), str(folder / "out/html")]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_blocks_share_names_and_show_what_they_print(tmp_path: Path) -> None:
    page = "# A\n\nText of a page.\n\n```python\nn = 6\nprint('printed')\n```\n\n```python\nn * 7\n```\n"
    assert build(tmp_path, page).stderr == ""
    html = (tmp_path / "out/html/index.html").read_text()
    assert html.count("result") >= 2
    assert "printed\n" in html
    assert "42\n" in html


def test_commands_run_in_the_folder_of_their_page(tmp_path: Path) -> None:
    read = "from pathlib import Path\nprint(Path('file').read_text() + 'two')"
    page = f"# A\n\nText.\n\n```sh\necho one > file\n```\n\n```python\n{read}\n```\n"
    assert build(tmp_path, page).stderr == ""
    assert "one\ntwo\n" in (tmp_path / "out/html/index.html").read_text()
    assert (tmp_path / "out/work/index/file").is_file()


@pytest.mark.parametrize(
    ("block", "words"),
    [("python\nraise ValueError('no')", "ValueError: no, in index"), ("sh\nfalse", "exit status 1 in index")],
)
def test_code_that_fails_ends_the_build(tmp_path: Path, block: str, words: str) -> None:
    built = build(tmp_path, f"# A\n\nText.\n\n```{block}\n```\n")
    assert built.returncode != 0
    assert words in built.stderr


def test_code_that_is_only_shown_does_not_run(tmp_path: Path) -> None:
    page = "# A\n\nText.\n\n```py\nraise ValueError\n```\n\n```bash\nfalse\n```\n"
    assert build(tmp_path, page).returncode == 0


def test_formulas_become_markup(tmp_path: Path) -> None:
    page = "# A\n\nA fraction $\\frac{a}{b}$ of a sentence.\n\n$$z = \\sum_i a_i w_i$$\n"
    assert build(tmp_path, page).stderr == ""
    html = (tmp_path / "out/html/index.html").read_text()
    assert re.search(r"<mfrac>.*<mi>a</mi>.*<mi>b</mi>.*</mfrac>", html)
    assert 'display="block"' in html
    assert "MathJax" not in html


def test_the_index_for_programs_is_written(tmp_path: Path) -> None:
    build(tmp_path, "# The title\n\nThe first sentence.\n")
    lines = (tmp_path / "out/html/llms.txt").read_text().splitlines()
    assert lines[2] == "> A summary."
    assert lines[-1] == "- [The title](index.html): The first sentence. Source: _sources/index.md.txt"
