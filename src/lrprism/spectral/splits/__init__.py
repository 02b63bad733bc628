"""Honest splits: training and test parts whose patches share nothing, and a measure of leakage."""

from lrprism.spectral.splits.blocks import checkerboard, disjoint_blocks
from lrprism.spectral.splits.contiguous import CutAxis, contiguous_cut
from lrprism.spectral.splits.files.group_file import read_groups
from lrprism.spectral.splits.files.split_file import read_split
from lrprism.spectral.splits.groups import group_split
from lrprism.spectral.splits.hold_out import hold_out
from lrprism.spectral.splits.leakage import Leakage, leakage
from lrprism.spectral.splits.random_split import RANDOM_SPLIT_NOTE, random_split
from lrprism.spectral.splits.regions import connected_regions, region_split
from lrprism.spectral.splits.registry import SCHEMES, SplitScheme
from lrprism.spectral.splits.split import Split, coverage_table

__all__ = [
    "RANDOM_SPLIT_NOTE",
    "SCHEMES",
    "CutAxis",
    "Leakage",
    "Split",
    "SplitScheme",
    "checkerboard",
    "connected_regions",
    "contiguous_cut",
    "coverage_table",
    "disjoint_blocks",
    "group_split",
    "hold_out",
    "leakage",
    "random_split",
    "read_groups",
    "read_split",
    "region_split",
]
