"""The command ``lrprism``; no logic of its own."""

from lrprism.cli.app import main

__all__ = ["main"]
