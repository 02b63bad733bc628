"""The command ``lrprism``; no logic of its own."""

from lrprism.spectral.cli.app import main

__all__ = ["main"]
