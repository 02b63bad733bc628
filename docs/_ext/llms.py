"""``llms.txt``: the pages of the site in one plain file, a line each, for programs that read."""

import re
from itertools import chain
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

LONGEST = 160


def write_index(app: Sphinx, error: Exception | None) -> None:
    """Write one line per page, in the order of the table of contents: title, first sentence, source."""
    if error is not None or app.builder.format != "html":
        return
    lines = [f"# {app.config.project}", "", f"> {app.config.llms_summary}", "", "## Pages", ""]
    for page in list_pages(app, app.config.root_doc):
        title = app.env.titles[page].astext()
        source = f"_sources/{page}{app.env.doc2path(page, base=False).suffix}.txt"
        lines.append(f"- [{title}]({page}.html): {read_first_sentence(app, page)} Source: {source}")
    Path(app.outdir, "llms.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def list_pages(app: Sphinx, page: str) -> list[str]:
    """Return a page and those below it, as the tables of contents have them."""
    return [
        page,
        *chain.from_iterable(list_pages(app, below) for below in app.env.toctree_includes.get(page, [])),
    ]


def read_first_sentence(app: Sphinx, page: str) -> str:
    """Return the first paragraph of a page, cut behind a sentence where it is long."""
    for paragraph in app.env.get_doctree(page).findall(nodes.paragraph):
        if not isinstance(paragraph.parent, nodes.section | nodes.document):
            continue
        text = " ".join(paragraph.astext().split())
        if len(text) <= LONGEST:
            return text
        return re.split(r"(?<=\.) (?=[A-Z])", text, maxsplit=1)[0]
    return ""


def setup(app: Sphinx) -> dict[str, bool]:
    """Write the file when the build has finished."""
    app.add_config_value("llms_summary", "", "html", str)
    app.connect("build-finished", write_index)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
