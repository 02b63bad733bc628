import numpy as np
import pytest
import xarray as xr

from lrprism.errors import DataError, InputError
from lrprism.spectral import Scene, make_cube
from lrprism.spectral.simulate import plant_scene


@pytest.fixture
def fields() -> Scene:
    values = np.random.default_rng(0).random((40, 20, 30))
    labels = np.zeros((20, 30), dtype=np.int64)
    labels[:10], labels[12:] = 1, 2
    cube = make_cube(values, np.linspace(400, 1000, 40), title="fields", quantity="reflectance", units="1")
    return Scene(cube, xr.DataArray(labels, dims=("y", "x"), attrs={"class_names": ["corn", "soy"]}))


def test_labelled_pixels_get_new_classes_and_the_rest_stays(fields: Scene) -> None:
    before = fields.cube.values.copy()
    planted, truth = plant_scene(fields, classes=2)
    old = fields.labels.values
    assert planted.class_names == ["planted 0", "planted 1"]
    assert ((planted.labels.values > 0) == (old > 0)).all()
    assert (planted.cube.values[:, old == 0] == before[:, old == 0]).all()
    assert (planted.cube.values[:, old > 0] != before[:, old > 0]).any(axis=0).all()
    assert (fields.cube.values == before).all()
    assert truth.strength.shape[0] == (old > 0).sum()
    assert truth.region is not None
    assert (truth.region[0] == (old > 0)).all()
    assert "features were planted into 540 pixels" in planted.cube.attrs["assumed"][-1]


def test_a_square_of_one_old_class_has_one_new_class(fields: Scene) -> None:
    planted, _ = plant_scene(fields, block=5, classes=2)
    new = planted.labels.values
    for y in (0, 5, 15):
        for x in range(0, 30, 5):
            assert len(set(new[y : y + 5, x : x + 5].ravel())) == 1
    assert len(set(new[10:15, 0:5].ravel()) - {0}) == 1
    single, _ = plant_scene(fields, block=1, classes=2)
    assert len(set(single.labels.values[0:5, 0:5].ravel())) == 2


def test_one_class_alone(fields: Scene) -> None:
    planted, truth = plant_scene(fields, source_classes=("soy",), classes=2)
    assert ((planted.labels.values > 0) == (fields.labels.values == 2)).all()
    assert truth.strength.shape[0] == 240


def test_real_spectra(indian_pines: Scene) -> None:
    planted, truth = plant_scene(indian_pines, source_classes=("Corn-notill", "Soybean-mintill"), seed=1)
    assert planted.cube.shape == indian_pines.cube.shape
    assert np.isfinite(planted.cube.values).all()
    assert truth.bands.sum() >= 3 * 5
    assert np.bincount(planted.labels.values.ravel())[1:].min() > 500


def test_what_does_not_fit_is_refused(fields: Scene) -> None:
    with pytest.raises(DataError, match=r"source classes should be among those of the scene. Found 'rye'"):
        plant_scene(fields, source_classes=("rye",))
    with pytest.raises(InputError, match=r"block should be 1 pixel or more. Found 0"):
        plant_scene(fields, block=0)
    with pytest.raises(InputError, match=r"samples should be 16 or more, 4 for each of 4 classes. Found 2"):
        plant_scene(fields, block=60)
    bare = Scene(fields.cube, fields.labels.copy(data=np.zeros((20, 30), np.int64)))
    with pytest.raises(DataError, match=r"a scene should have labelled pixels to plant into. Found none"):
        plant_scene(bare)
