import json

import numpy as np

from lrprism.spectral import make_cube
from lrprism.spectral.io.sample_format import SampleOptions
from lrprism.spectral.workbench.preparation import Preparation

FULL = Preparation(bands=(1, 2), class_names=("a", "b"), class_codes=(211, 312), group_column="plant")


def test_a_record_gives_the_same_settings() -> None:
    assert Preparation.from_record(json.loads(json.dumps(FULL.record()))) == FULL


def test_bands_are_averaged_before_they_are_chosen() -> None:
    values = np.arange(6.0)[:, None, None]
    cube = make_cube(values, np.arange(6) + 500.0, title="t", quantity="radiance", units="1")
    prepared = Preparation(average_pairs=True, bands=(0, 2)).prepare_bands(cube)
    assert prepared.values.ravel().tolist() == [0.5, 4.5]
    assert (
        Preparation().prepare_bands(cube.assign_coords(good=("band", [True] * 5 + [False]))).sizes["band"]
        == 5
    )


def test_readers_of_samples_get_names_by_their_codes() -> None:
    assert FULL.sample_options == SampleOptions(class_names={211: "a", 312: "b"}, group_column="plant")
    assert Preparation(class_names=("a",)).sample_options == SampleOptions(class_names=("a",))
