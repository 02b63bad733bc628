"""Selectors (which op) and composites (who gets which rule)."""

from lrprism.composites import presets, selectors
from lrprism.composites.composite import AbstractComposite, Composite

__all__ = ["AbstractComposite", "Composite", "presets", "selectors"]
