"""The table of benchmark scenes agrees with itself and with the published facts."""

import numpy as np
import pytest

from lrprism.spectral import load_indian_pines
from lrprism.spectral.knowledge.benchmark_scenes import BENCHMARK_SCENES, BenchmarkScene, EvenlySpaced


@pytest.mark.parametrize("scene", BENCHMARK_SCENES, ids=lambda scene: scene.title)
def test_each_scene_is_whole(scene: BenchmarkScene) -> None:
    assert all(key == key.lower() for key in (*scene.cube_keys, *scene.label_keys))
    assert len(set(scene.class_names)) == len(scene.class_names)
    assert scene.citation
    if scene.bands is not None:
        facts = scene.bands.facts()
        assert facts.wavelength.shape == facts.channel.shape == (scene.shape[2],)
        assert len(facts.assumed) == 1


def test_shapes_and_keys_tell_the_scenes_apart() -> None:
    assert len({scene.shape for scene in BENCHMARK_SCENES}) == len(BENCHMARK_SCENES)
    keys = [key for scene in BENCHMARK_SCENES for key in scene.cube_keys]
    assert len(set(keys)) == len(keys)


def test_numbers_of_classes() -> None:
    counts = {scene.title: len(scene.class_names) for scene in BENCHMARK_SCENES}
    assert counts == {
        "Indian Pines": 16, "Indian Pines, all channels": 16, "Pavia University": 9, "Pavia Centre": 0,
        "Salinas": 16, "Kennedy Space Center": 13, "Botswana": 14, "Houston 2013": 15,
    }  # fmt: skip


def test_channels_left_out_leave_their_gap() -> None:
    facts = EvenlySpaced(400.0, 500.0, 11, (2, 3, 11)).facts()
    assert facts.wavelength.tolist() == [400, 430, 440, 450, 460, 470, 480, 490]
    assert facts.channel.tolist() == [0, 3, 4, 5, 6, 7, 8, 9]
    assert facts.assumed == (
        "wavelengths are those of 11 channels evenly spaced over 400-500 nm without 2-3, 11 (from 1): "
        "the file carries none",
    )


def test_indian_pines_has_the_wavelengths_of_the_packaged_scene() -> None:
    packaged = load_indian_pines().cube
    bands = BENCHMARK_SCENES[0].bands
    assert bands is not None
    facts = bands.facts()
    np.testing.assert_array_equal(facts.wavelength, packaged["wavelength"])
    assert [str(channel) for channel in facts.channel] == packaged["original_band"].values.tolist()
