from pathlib import Path

import numpy as np

from lrprism.spectral.workbench import Samples
from lrprism.spectral.workbench.few_bands import keep_bands


def test_bands_of_patches_are_kept_in_the_order_asked(patches: Samples) -> None:
    numbers = patches.numbers[:3]
    full, few = patches.cut(numbers), keep_bands(patches, (7, 2)).cut(numbers)
    np.testing.assert_array_equal(few["patch"].values, full["patch"].values[:, [7, 2]])
    assert few["wavelength"].values.tolist() == full["wavelength"].values[[7, 2]].tolist()
    assert few["label"].values.tolist() == full["label"].values.tolist()


def test_a_scene_keeps_its_samples(scene: Samples, tmp_path: Path) -> None:
    few = keep_bands(scene, (1,))
    held = few.hold(scene.numbers[:4], tmp_path)
    for samples in (few, held):
        np.testing.assert_array_equal(
            samples.cut(scene.numbers[:4])["patch"].values,
            scene.cut(scene.numbers[:4])["patch"].values[:, [1]],
        )
    assert few.numbers is scene.numbers
    assert few.hash == scene.hash


def test_the_numbers_of_the_file_go_with_them(scene: Samples) -> None:
    assert scene.band_numbers is not None
    assert scene.band_numbers.tolist() == [5, 40]
    assert keep_bands(scene, (1,)).band_numbers.tolist() == [40]  # type: ignore[union-attr]
