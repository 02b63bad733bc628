"""Settings of the documentation, which `make docs` builds into docs/_build/html."""

import sys
from importlib.metadata import version as find_version
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "docs/_ext"))

project = "lrprism"
author = "The lrprism authors"
copyright = "2026, the lrprism authors"
version = release = find_version("lrprism")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "executed",
    "llms",
    "mathml",
]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
exclude_patterns = ["_build", "_ext", "gallery/*.py"]
default_role = "code"

# ------------------------------ executed
executed_pages = [
    "cheap-camera",
    "coming-from",
    "did-it-work",
    "limits",
    "my-model",
    "series-tables-text",
    "spectral",
    "start",
    "which-rule",
]
executed_files = {"spectral/results/leaves/explorer.html": "leaves-explorer.html"}
sphinx_gallery_conf = {
    "examples_dirs": str(ROOT / "examples/gallery"),
    "gallery_dirs": "gallery",
    "filename_pattern": r"\.py$",  # every example runs
    "ignore_pattern": r"__init__\.py",
    "abort_on_example_error": True,
    "within_subsection_order": "ExampleTitleSortKey",
    "show_signature": False,
    "show_memory": False,
    "download_all_examples": False,
    "remove_config_comments": True,
    "capture_repr": (),  # printed text alone, as in a terminal
    "min_reported_time": 1e9,  # how long an example takes here says nothing of there
    "write_computation_times": False,
    "image_scrapers": ("figures",),
}
copybutton_exclude = ".linenos, .gp, .go"

# ------------------------------ pages
myst_enable_extensions = ["attrs_block", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
llms_summary = (
    "Layer-wise Relevance Propagation for any PyTorch model, and a workbench that shows which wavelengths "
    "and pixels a trained network used."
)

# ------------------------------ API
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_preserve_defaults = True
toc_object_entries_show_parents = "hide"
autoclass_content = "class"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
# Not looked for: names of other libraries, whose documentation lies behind the network, and names below the
# doors of this one, which a signature shows and nobody has to write. A name of a door has to be there.
DOORS = r"lrprism\.(rules|presets|select|target|reference|evaluation|errors|stabilizers)"
nitpick_ignore_regex = [(r"py:.*", rf"(?!{DOORS}\.\w+$|lrprism\.\w+$).*")]

# ------------------------------ HTML
html_theme = "pydata_sphinx_theme"
html_title = "lrprism"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_context = {"default_mode": "auto"}
html_copy_source = True
html_show_sourcelink = False
html_theme_options = {
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "show_prev_next": True,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
