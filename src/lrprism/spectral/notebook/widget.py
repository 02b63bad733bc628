"""The explorer of a result in the cell of a notebook."""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from lrprism.errors import InputError


def build_widget(page: Path) -> Any:
    """Return the explorer as a widget, which shows the page in a frame of its own.

    The frame reaches neither the notebook nor a network. The trait ``address`` of the widget says what is
    shown, such as ``"view=relevance&bands=3-9&pins=7"``: places in the order of wavelength, and samples.
    It follows the reader, and the page follows it.

    Args:
        page: ``explorer.html``.

    Returns:
        An ``anywidget.AnyWidget`` with the traits ``page`` and ``address``.

    Raises:
        InputError: If anywidget is missing.
    """
    return _build_class()(page=page.read_text(encoding="utf-8"))


@cache
def _build_class() -> Any:
    """Return the class of the widget: it can be made only where anywidget is.

    Raises:
        InputError: If it is missing.
    """
    try:
        import anywidget  # late: an extra of its own
        import traitlets
    except ModuleNotFoundError as error:
        raise InputError(
            f"explore() should find anywidget. Found: {error}. Try pip install 'lrprism[notebook]', or open "
            "the page in a browser: lrprism view RESULTS."
        ) from error
    program = (files("lrprism.spectral.explorer") / "assets" / "widget.js").read_text(encoding="utf-8")
    traits = {name: traitlets.Unicode().tag(sync=True) for name in ("page", "address")}
    return type("ExplorerWidget", (anywidget.AnyWidget,), {"_esm": program, **traits})
