"""Spectral data: cubes with wavelengths, patches, splits, statistics per band, named absorption features."""

from lrprism.spectral.bands import TUTORIAL_BANDS, average_pairs, good_bands, parse_bands, select_bands
from lrprism.spectral.cube import Scene, cube_hash, make_cube
from lrprism.spectral.features import FEATURES, Feature, FeatureKind, describe, features_near
from lrprism.spectral.indian_pines import INDIAN_PINES_CLASSES, load_indian_pines
from lrprism.spectral.patch_file import is_patch_file, read_patch_file
from lrprism.spectral.patches import PatchSet, centres_of, make_patches
from lrprism.spectral.splitting import (
    RANDOM_SPLIT_NOTE,
    CutAxis,
    Leakage,
    Split,
    checkerboard,
    connected_regions,
    contiguous_cut,
    disjoint_blocks,
    group_split,
    hold_out,
    leakage,
    random_split,
    read_split,
    region_split,
)
from lrprism.spectral.statistics import band_table, sample_spectra, top_bands
from lrprism.spectral.wavelengths import WavelengthSource, read_wavelengths
from lrprism.spectral.windows import check_window, cut_windows

__all__ = [
    "FEATURES",
    "INDIAN_PINES_CLASSES",
    "RANDOM_SPLIT_NOTE",
    "TUTORIAL_BANDS",
    "CutAxis",
    "Feature",
    "FeatureKind",
    "Leakage",
    "PatchSet",
    "Scene",
    "Split",
    "WavelengthSource",
    "average_pairs",
    "band_table",
    "centres_of",
    "check_window",
    "checkerboard",
    "connected_regions",
    "contiguous_cut",
    "cube_hash",
    "cut_windows",
    "describe",
    "disjoint_blocks",
    "features_near",
    "good_bands",
    "group_split",
    "hold_out",
    "is_patch_file",
    "leakage",
    "load_indian_pines",
    "make_cube",
    "make_patches",
    "parse_bands",
    "random_split",
    "read_patch_file",
    "read_split",
    "read_wavelengths",
    "region_split",
    "sample_spectra",
    "select_bands",
    "top_bands",
]
