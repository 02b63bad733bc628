"""The figures of the gallery: an example shows the matplotlib figure that it calls ``figure``."""

from typing import Any

from sphinx_gallery.scrapers import figure_rst

_SHOWN: dict[str, int] = {}
"""The figure that each example showed last, by its file: a block that draws none shows none again."""


def save_figure(block: tuple[Any, ...], block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Save the figure that a block left under the name ``figure``; return the text that shows it."""
    del block
    figure = block_vars["example_globals"].get("figure")
    source = block_vars["src_file"]
    if figure is None or _SHOWN.get(source) == id(figure):
        return ""
    _SHOWN[source] = id(figure)
    path = next(block_vars["image_path_iterator"])
    figure.savefig(path, dpi=110, bbox_inches="tight")
    return figure_rst([path], gallery_conf["src_dir"])


def _get_sg_image_scraper() -> Any:  # the name by which sphinx-gallery asks a module for its scraper
    return save_figure
