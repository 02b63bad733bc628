from dataclasses import replace
from pathlib import Path

import pytest

from lrprism.spectral.workbench import Preparation
from lrprism.spectral.workbench.scene_files import SceneFile
from lrprism.spectral.workbench.scene_notes import join_notes, note_differences, note_lone_classes
from lrprism.spectral.workbench.sources import Samples, open_samples
from small_several import NM, write_scene


def read(file: SceneFile) -> Samples:
    return open_samples(file.source, Preparation(window=1, labels=file.labels))


def test_a_note_on_all_scenes_is_said_once() -> None:
    notes = {"a": ["same", "mine"], "b": ["other", "same"]}
    assert join_notes(notes) == ["same", "a: mine", "b: other"]
    assert join_notes({"a": ["x"]}) == ["x"]


def test_scenes_alike_need_no_note(tmp_path: Path) -> None:
    members = [read(write_scene(tmp_path, name, seed=seed)) for seed, name in enumerate("ab")]
    assert note_differences(["a", "b"], members) == []


def test_classes_of_one_scene_alone_are_said(tmp_path: Path) -> None:
    one = read(write_scene(tmp_path, "a"))
    other = replace(one, labels=one.labels + 1)  # classes 0 and 1, then 1 and 2
    assert note_lone_classes(["a", "b"], [one, other], ["oak", "beech", "larch"]) == [
        "classes that occur in one scene alone, oak in a, larch in b: the network may tell them by the scene "
        "and not by what they are"
    ]
    assert note_lone_classes(["a", "b"], [one, one], ["oak", "beech"]) == []


def test_values_of_another_order_are_said(tmp_path: Path) -> None:
    one = read(write_scene(tmp_path, "a"))
    assert one.range is not None
    other = replace(one, range=(0.0, 21 * one.range[1]))
    (note,) = note_differences(["a", "b"], [one, other])
    assert note.startswith("values of b reach ")
    assert note.endswith("check that both are in the same units")
    assert note_differences(["a", "b"], [one, replace(one, range=(0.0, 19 * one.range[1]))]) == []


def test_bands_a_little_apart_are_said(tmp_path: Path) -> None:
    members = [
        read(write_scene(tmp_path, "a")),
        read(write_scene(tmp_path, "b", nm=[nm + 3 for nm in NM], seed=1)),
    ]
    assert note_differences(["a", "b"], members) == [
        "bands of b lie up to 3.00 nm from those of a, whose wavelengths stand for both"
    ]


@pytest.mark.parametrize(
    ("corner", "share"),
    [
        # 20 rows and 24 columns of 10 m: moved by 12 columns half is shared, by 5 rows too 15/20 of that
        ((500120.0, 5000000.0), "50"),
        ((500120.0, 4999950.0), "38"),
        ((500240.0, 5000000.0), None),  # side by side
    ],
)
def test_shared_ground_is_said(tmp_path: Path, corner: tuple[float, float], share: str | None) -> None:
    one = read(write_scene(tmp_path, "a", corner=(500000.0, 5000000.0)))
    other = read(write_scene(tmp_path, "b", corner=corner, seed=1))
    notes = note_differences(["a", "b"], [one, other])
    expected = f"a and b overlap on the ground ({share} % of the smaller one): "
    assert [note.startswith(expected) for note in notes] == ([True] if share else [])
