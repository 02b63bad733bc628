"""Honest splits: training and test parts whose patches share nothing, and how much a given split leaks."""

from lrprism.spectral.splitting.blocks import checkerboard, disjoint_blocks
from lrprism.spectral.splitting.contiguous import CutAxis, contiguous_cut
from lrprism.spectral.splitting.group_file import read_groups
from lrprism.spectral.splitting.groups import group_split
from lrprism.spectral.splitting.hold_out import hold_out
from lrprism.spectral.splitting.leakage import Leakage, leakage
from lrprism.spectral.splitting.random_split import RANDOM_SPLIT_NOTE, random_split
from lrprism.spectral.splitting.regions import connected_regions, region_split
from lrprism.spectral.splitting.split import Split, coverage_table
from lrprism.spectral.splitting.split_file import read_split

__all__ = [
    "RANDOM_SPLIT_NOTE",
    "CutAxis",
    "Leakage",
    "Split",
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
