"""The steps of the commands for a notebook, and their results as tables and arrays."""

from lrprism.spectral.notebook.results import Results, read_results
from lrprism.spectral.notebook.steps import explain, train

__all__ = ["Results", "explain", "read_results", "train"]
