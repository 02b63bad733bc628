"""An explanation as a program that runs without lrprism."""

from lrprism.export.program import export_program

__all__ = ["export_program"]
