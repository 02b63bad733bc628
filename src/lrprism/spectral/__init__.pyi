from . import bands, simulate
from .bands.pooling import pooled
from .bands.statistics import band_table, sample_spectra, top_bands, top_regions
from .bands.width import estimate_width
from .cubes.bands import TUTORIAL_BANDS, average_pairs, good_bands, parse_bands, select_bands
from .cubes.cube import Scene, make_cube
from .cubes.patches import PatchSet, make_patches
from .cubes.scan import cube_hash
from .cubes.wavelengths import WavelengthSource, read_wavelengths
from .cubes.windows import check_window, cut_windows
from .estimators.classifier import SpectralClassifier
from .estimators.regressor import SpectralRegressor
from .io.formats.spectral_library import read_spectral_library
from .io.labels.read import read_labels
from .io.patch_file import is_patch_file, read_patch_file
from .io.read import read_cube
from .io.truth_file import read_truth, write_simulation
from .io.writers.write import write_cube
from .io.zone_file import read_zones
from .knowledge.absorption import FEATURES, Feature, FeatureKind, describe, features_near
from .knowledge.indian_pines import INDIAN_PINES_CLASSES, load_indian_pines
from .notebook.results import Results, read_results
from .notebook.steps import explain, train
from .splits.blocks import checkerboard, disjoint_blocks
from .splits.contiguous import CutAxis, contiguous_cut
from .splits.files.split_file import read_split
from .splits.groups import group_split
from .splits.hold_out import hold_out
from .splits.leakage import Leakage, leakage
from .splits.random_split import RANDOM_SPLIT_NOTE, random_split
from .splits.regions import connected_regions, region_split
from .splits.split import Split
from .training.config import TrainingConfig
from .workbench.explanation_settings import ExplanationSettings
from .workbench.networks import NetworkSettings
from .workbench.preparation import Preparation
from .workbench.split_settings import SplitSettings
from .workbench.train import TrainingSettings

__all__ = [
    "FEATURES",
    "INDIAN_PINES_CLASSES",
    "RANDOM_SPLIT_NOTE",
    "TUTORIAL_BANDS",
    "CutAxis",
    "ExplanationSettings",
    "Feature",
    "FeatureKind",
    "Leakage",
    "NetworkSettings",
    "PatchSet",
    "Preparation",
    "Results",
    "Scene",
    "SpectralClassifier",
    "SpectralRegressor",
    "Split",
    "SplitSettings",
    "TrainingConfig",
    "TrainingSettings",
    "WavelengthSource",
    "average_pairs",
    "band_table",
    "bands",
    "check_window",
    "checkerboard",
    "connected_regions",
    "contiguous_cut",
    "cube_hash",
    "cut_windows",
    "describe",
    "disjoint_blocks",
    "estimate_width",
    "explain",
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
    "pooled",
    "random_split",
    "read_cube",
    "read_labels",
    "read_patch_file",
    "read_results",
    "read_spectral_library",
    "read_split",
    "read_truth",
    "read_wavelengths",
    "read_zones",
    "region_split",
    "sample_spectra",
    "select_bands",
    "simulate",
    "top_bands",
    "top_regions",
    "train",
    "write_cube",
    "write_simulation",
]
