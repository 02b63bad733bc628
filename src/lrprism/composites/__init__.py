"""Selectors (which op) and composites (who gets which rule)."""

from lrprism.composites import presets, selectors
from lrprism.composites.composite import AbstractComposite
from lrprism.composites.rule_list import Composite
from lrprism.composites.within import Within

__all__ = ["AbstractComposite", "Composite", "Within", "presets", "selectors"]
