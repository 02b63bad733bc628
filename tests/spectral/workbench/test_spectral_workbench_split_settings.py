from dataclasses import replace

import numpy as np
import pytest

import lrprism as lp
from lrprism.spectral.workbench import Samples, SplitSettings
from lrprism.spectral.workbench.parts import deal_samples

WINDOW = 5


def test_patches_are_split_at_random_and_a_scene_by_blocks(scene: Samples, patches: Samples) -> None:
    assert SplitSettings().choose_scheme(scene) == "blocks"
    assert SplitSettings().choose_scheme(patches) == "random"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"scheme": "plants"}, r"one of blocks, checkerboard, .*Found 'plants', which is no file"),
        ({"scheme": "a,b,c"}, r"Found 'a,b,c', which is no file"),
        ({"scheme": "blocks", "groups": "p.csv"}, r"Found p\.csv with 'blocks'"),
        ({"validation": "test"}, r"validation should be one of groups, random, blocks\. Found 'test'"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, str], message: str) -> None:
    with pytest.raises(lp.InputError, match=message):
        SplitSettings(**settings)  # type: ignore[arg-type]


def test_groups_come_from_one_place(patches: Samples) -> None:
    assert patches.patches is not None
    column = np.array([f"plant {number // 4}" for number in range(24)])
    grouped = replace(patches, patches=patches.patches.assign_coords(group=("sample", column)))
    assert SplitSettings().choose_scheme(grouped) == "groups"
    split = deal_samples(grouped, SplitSettings(), WINDOW, seed=0)
    assert not set(column[split.train]) & set(column[split.test])
    assert split.table(grouped)["group"].tolist() == column.tolist()
    with pytest.raises(lp.InputError, match=r"should know the group of each sample\. Found no groups"):
        SplitSettings("groups").choose_scheme(patches)
    with pytest.raises(
        lp.InputError, match=r"from a column or from a file\. Found --group-column and --groups p"
    ):
        SplitSettings(groups="p.csv").choose_scheme(grouped)
    with pytest.raises(lp.InputError, match=r"come with the split by groups\. Found 'random'\. Leave"):
        SplitSettings("random").choose_scheme(grouped)


def test_patches_have_no_place_in_a_scene(patches: Samples) -> None:
    with pytest.raises(lp.InputError, match=r"at random or by groups\. Found 'blocks'"):
        deal_samples(patches, SplitSettings("blocks"), WINDOW, seed=0)
    with pytest.raises(lp.InputError, match=r"validation by blocks should be of a scene"):
        deal_samples(patches, replace(SplitSettings("random"), validation="blocks"), WINDOW, seed=0)
