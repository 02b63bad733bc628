"""Pages whose code runs while they are built, with what it prints and draws behind each block.

The blocks of a page that ``executed_pages`` names run in the order of reading: ``python`` blocks share their
names, as the cells of a notebook do, and ``sh`` blocks run in the folder of their page. Code that is shown
and not run stands in ``py`` and ``bash`` blocks. An error ends the build with the page and the block.
"""

import ast
import base64
import contextlib
import io
import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform


class ExecutedBlocks(SphinxTransform):
    """Runs the code of a page, and puts its results behind it."""

    default_priority = 210

    def apply(self, **kwargs: Any) -> None:  # noqa: ARG002 - the signature is docutils'
        """Run every block of the page, if it is one of those that are executed."""
        docname = self.env.docname
        if docname not in self.config.executed_pages:
            return
        folder = Path(self.app.outdir).parent / "work" / docname
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        names: dict[str, Any] = {"__name__": f"docs.{docname}"}
        for block in list(self.document.findall(nodes.literal_block)):
            results: list[nodes.Node] = []
            if block.get("language") == "python":
                results = run_python(block, names, folder, docname)
            elif block.get("language") == "sh":
                results = run_shell(block, folder, docname)
            block.parent.children[block.parent.index(block) + 1 : block.parent.index(block) + 1] = results


def run_python(
    block: nodes.literal_block, names: dict[str, Any], folder: Path, page: str
) -> list[nodes.Node]:
    """Run a block in the names of its page; return what it printed, and its last expression.

    Raises:
        ExtensionError: If the code raises an error, or warns of relevance that may be mistaken.
    """
    tree = ast.parse(block.astext())
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    printed, value = io.StringIO(), None
    before = Path.cwd()
    try:
        os.chdir(folder)
        with contextlib.redirect_stdout(printed), warnings.catch_warnings():
            warnings.filterwarnings("error", module=r"docs\.")
            exec(compile(tree, page, "exec"), names)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), page, "eval"), names)
    except Exception as error:
        raise ExtensionError(
            f"the code of a page should run. Found {type(error).__name__}: {error}, in {page}, "
            f"in the block that begins with {block.astext().splitlines()[0]!r}."
        ) from error
    finally:
        os.chdir(before)
    return [*show_text(printed.getvalue()), *show_value(value)]


def run_shell(block: nodes.literal_block, folder: Path, page: str) -> list[nodes.Node]:
    """Run the commands of a block; return what they wrote to standard output.

    Raises:
        ExtensionError: If a command fails.
    """
    # The command `lrprism` of the environment in which the documentation is built, activated or not.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-ec", block.astext()],
        cwd=folder,
        env={**os.environ, "PATH": path, "COLUMNS": "110"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ExtensionError(
            f"the commands of a page should run. Found exit status {done.returncode} in {page}: "
            f"{block.astext()!r} said {done.stderr[-1000:]!r}."
        )
    return show_text(done.stdout)


def show_text(text: str) -> list[nodes.Node]:
    """Return printed text as a block of its own."""
    if not text.strip():
        return []
    text = text.rstrip("\n")
    # Two spaces in a row are the columns of a table, which must not be torn; a sentence may be wrapped.
    classes = ["result"] if "  " in text else ["result", "result-prose"]
    return [nodes.literal_block(text, text, language="text", classes=classes)]


def show_value(value: Any) -> list[nodes.Node]:
    """Return the last expression of a block as a notebook shows it: a figure, HTML, or its repr."""
    if value is None:
        return []
    if hasattr(value, "savefig"):
        picture = io.BytesIO()
        value.savefig(picture, format="png", dpi=110, bbox_inches="tight")
        data = base64.b64encode(picture.getvalue()).decode()
        html = f'<img class="result" alt="figure drawn by the code above" src="data:image/png;base64,{data}">'
        return [nodes.raw("", html, format="html")]
    if hasattr(value, "_repr_html_"):
        html = f'<div class="result result-html">{value._repr_html_()}</div>'
        return [nodes.raw("", html, format="html")]
    text = repr(value)
    return [] if " object at 0x" in text else show_text(text)  # an address says nothing to a reader


def copy_results(app: Sphinx, error: Exception | None) -> None:
    """Copy files that the code of pages wrote, such as an explorer, beside the pages."""
    if error is not None or app.builder.format != "html":
        return
    for made, name in app.config.executed_files.items():
        shutil.copyfile(Path(app.outdir).parent / "work" / made, Path(app.outdir) / name)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the transform, its list of pages, and the files that they make for readers."""
    app.add_config_value("executed_pages", [], "env", list)
    app.add_config_value("executed_files", {}, "html", dict)
    app.add_transform(ExecutedBlocks)
    app.connect("build-finished", copy_results)
    # Pages change the working folder while they run: they have to run one after the other.
    return {"parallel_read_safe": False, "parallel_write_safe": True}
