from pathlib import Path

import numpy as np
import pytest

from lrprism.errors import InputError, ResultsError
from lrprism.spectral import read_patch_file, read_split, read_truth
from lrprism.spectral.simulate import LeafSettings, PlantSettings
from lrprism.spectral.workbench import describe_truth, simulate_into
from lrprism.spectral.workbench.simulate import find_split_file
from small_runs import SILENT


def small_leaves(trait: str | None = None, **changes: object) -> LeafSettings:
    return LeafSettings(PlantSettings(**{"classes": 2, "fwhm_nm": 30.0, **changes}), trait, window=5)


def test_a_file_without_a_blind_feature_stands_alone(tmp_path: Path) -> None:
    draft = simulate_into(tmp_path / "a.hdf5", 80, small_leaves(), SILENT)
    assert [path.name for path in tmp_path.iterdir()] == ["a.hdf5"]
    assert np.bincount(draft.plan.y).tolist() == [40, 40]


def test_the_split_beside_a_blind_feature_is_the_one_that_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "a.hdf5"
    draft = simulate_into(path, 400, small_leaves(blind=True), SILENT)
    split = read_split(find_split_file(path), read_patch_file(path)["label"].values)
    assert [len(split.train), len(split.validation), len(split.test)] == [200, 40, 160]
    (blind,) = [number for number, feature in enumerate(draft.plan.features) if feature.role == "blind"]
    strength, y = read_truth(path).strength[:, blind], draft.plan.y

    def difference(rows: np.ndarray) -> float:
        return abs(strength[rows][y[rows] == 0].mean() - strength[rows][y[rows] == 1].mean())

    assert difference(split.test) > 1.5
    assert difference(split.train) < 0.6


def test_a_split_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.split.csv").write_text("mine")
    with pytest.raises(ResultsError, match=r"Found .*a.split.csv already there"):
        simulate_into(tmp_path / "a.hdf5", 80, small_leaves(blind=True), SILENT)
    assert not (tmp_path / "a.hdf5").exists()


def test_too_few_samples_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"samples should be 8 or more, 4 for each of 2 classes. Found 3"):
        simulate_into(tmp_path / "a.hdf5", 3, small_leaves(), SILENT)
    assert not list(tmp_path.iterdir())


def test_the_truth_in_words(tmp_path: Path) -> None:
    settings = small_leaves(
        carriers=(500.0, 700.0), decoys=(600.0, 800.0), blind=True, noise_bands=1, confounder="stripe"
    )
    draft = simulate_into(tmp_path / "a.hdf5", 40, settings, SILENT)
    count = int(draft.plan.confounded.sum())
    assert describe_truth(draft.state_truth()) == [
        "500.0 nm, 30.0 nm wide, carries the class",
        "700.0 nm, 30.0 nm wide, carries the class",
        "600.0 nm, 30.0 nm wide, is blind",
        "800.0 nm, 30.0 nm wide, is a decoy",
        "387.1 to 387.1 nm, 1023.5 to 1023.5 nm hold noise alone",
        f"a stripe beside the leaf confounds {count} samples",
    ]


def test_a_trait_in_words(tmp_path: Path) -> None:
    draft = simulate_into(tmp_path / "a.hdf5", 40, small_leaves("chlorophyll", confounder="band"), SILENT)
    first, second = describe_truth(draft.state_truth())
    assert first.endswith("change most with chlorophyll, which carries the class")
    assert second.startswith("an artefact at ")
    assert second.endswith(f" nm confounds {int(draft.plan.confounded.sum())} samples")
