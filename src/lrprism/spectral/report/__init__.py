"""What relevance says of each class in words that hold, and why nothing is said where nothing holds."""

from lrprism.spectral.report.judge import ClassFinding, judge_classes
from lrprism.spectral.report.stretches import Stretch, find_stretches

__all__ = ["ClassFinding", "Stretch", "find_stretches", "judge_classes"]
