from pathlib import Path

import numpy as np
import pytest

import lrprism as lp
from lrprism.spectral import make_cube
from lrprism.spectral.io.writers import write_cube
from lrprism.spectral.workbench import Preparation, Samples, SplitSettings, open_samples
from lrprism.spectral.workbench.parts import SampleParts, deal_samples

WINDOW = 5


def _write_leaves(path: Path, plants: int) -> str:
    """Write four leaves of each of some plants of either kind."""
    rows = [
        f"{kind}{plant},{kind},0.{plant + 1},0.{leaf + 1}"
        for kind in "ab"
        for plant in range(plants)
        for leaf in range(4)
    ]
    path.write_text("\n".join(["plant,kind,450,550", *rows]), encoding="utf-8")
    return str(path)


def _open_leaves(folder: Path, plants: int) -> Samples:
    source = _write_leaves(folder / "leaves.csv", plants)
    return open_samples(source, Preparation(label_column="kind", group_column="plant"))


def _list_groups(samples: Samples, parts: SampleParts) -> list[set[str]]:
    groups = [parts.find_groups(samples, part) for part in (parts.train, parts.validation, parts.test)]
    return [set() if of_part is None else set(of_part.tolist()) for of_part in groups]


@pytest.mark.parametrize("seed", range(3))
def test_no_plant_of_a_column_is_in_two_parts(tmp_path: Path, seed: int) -> None:
    samples = _open_leaves(tmp_path, plants=20)
    parts = deal_samples(samples, SplitSettings(), 1, seed=seed)
    train, validation, test = _list_groups(samples, parts)
    assert not train & validation
    assert not (train | validation) & test
    assert len(train | validation | test) == 40
    # of 80 samples for training 15 % choose the best epoch, as many of each kind
    assert np.bincount(samples.labels_of(parts.validation)).tolist() == [8, 8]
    assert any(
        f"chosen on whole groups, 4 of the {len(train | validation)} of" in note for note in parts.split.notes
    )


def test_no_group_of_a_map_is_in_two_parts(tmp_path: Path) -> None:
    rows, columns = np.divmod(np.arange(1600).reshape(40, 40), 40)
    fields = 1 + rows // 5 * 8 + columns // 5
    np.save(tmp_path / "fields.npy", fields)
    np.save(tmp_path / "labels.npy", 1 + fields % 2)
    values = np.random.default_rng(0).uniform(0.1, 1, (2, 40, 40)).astype(np.float32)
    cube = make_cube(values, [500.0, 600.0], title="t", quantity="reflectance", units="1")
    write_cube(cube, tmp_path / "scene.nc")
    preparation = Preparation(window=3, labels=str(tmp_path / "labels.npy"))
    samples = open_samples(str(tmp_path / "scene.nc"), preparation)
    settings = SplitSettings(groups=str(tmp_path / "fields.npy"))
    parts = deal_samples(samples, settings, 3, seed=0)
    train, validation, test = (
        set(fields.ravel()[part]) for part in (parts.train, parts.validation, parts.test)
    )
    assert train
    assert validation
    assert not train & validation
    assert not (train | validation) & test
    (note,) = (note for note in parts.split.notes if "the best epoch" in note)
    assert note.endswith("may overlap windows that are learned from")


def test_samples_are_drawn_at_random_where_a_class_has_one_plant_left(tmp_path: Path) -> None:
    samples = _open_leaves(tmp_path, plants=2)  # one for training, one for testing
    parts = deal_samples(samples, SplitSettings(), 1, seed=0)
    train, validation, test = _list_groups(samples, parts)
    assert validation <= train
    assert not train & test
    assert any("too few groups of some class are left" in note for note in parts.split.notes)


def test_samples_at_random_can_be_asked_for(tmp_path: Path) -> None:
    samples = _open_leaves(tmp_path, plants=20)
    parts = deal_samples(samples, SplitSettings(validation="random"), 1, seed=0)
    train, validation, _ = _list_groups(samples, parts)
    assert train & validation
    assert not any("too few groups" in note for note in parts.split.notes)


def test_groups_are_asked_for_where_none_is_known(patches: Samples) -> None:
    with pytest.raises(lp.InputError, match=r"should know the group of each sample\. Found no groups"):
        deal_samples(patches, SplitSettings("random", validation="groups"), WINDOW, seed=0)


def test_blocks_are_asked_for_where_there_is_no_scene(patches: Samples) -> None:
    with pytest.raises(lp.InputError, match=r"should be of a scene\. Found samples without one"):
        deal_samples(patches, SplitSettings(validation="blocks"), WINDOW, seed=0)
