from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import spectral.io.envi as spectral_envi
import torch
import xarray as xr

import expected_warnings
import lrprism as lp
from lrprism.spectral import Scene, make_cube
from lrprism.spectral.cubes.georeference import Georeference, assign_georeference, georeference_of
from lrprism.spectral.cubes.windows import cut_windows
from lrprism.spectral.io import read_cube, read_labels
from lrprism.spectral.io.writers import choose_writers, write_cube
from lrprism.spectral.networks import Hyper3DNetLite
from lrprism.spectral.plots.class_colours import class_colour
from lrprism.spectral.preprocessing import Pipeline
from lrprism.spectral.training import Devices
from lrprism.spectral.workbench import ExplanationSettings, explain_into
from lrprism.spectral.workbench.cutters import WindowCutter
from lrprism.spectral.workbench.every_pixel import PixelExplainer, write_maps
from lrprism.spectral.workbench.patch_explainer import PatchExplainer
from lrprism.spectral.workbench.sources import Samples
from made_up_results import decode, read_content, unpack
from small_runs import SILENT

WINDOW, BANDS, HEIGHT, WIDTH = 3, 4, 5, 6
PLACE = Georeference("EPSG:32616", (500000.0, 20.0, 0.0, 4480000.0, 0.0, -20.0))


def small_scene() -> Scene:
    values = np.random.default_rng(0).uniform(0.1, 1, (BANDS, HEIGHT, WIDTH))
    cube = make_cube(values, [500.0, 600.0, 700.0, 800.0], title="t", quantity="reflectance", units="1")
    labels = xr.DataArray(
        np.zeros((HEIGHT, WIDTH), np.int64), dims=("y", "x"), attrs={"class_names": ["a", "b", "c"]}
    )
    return Scene(assign_georeference(cube, PLACE), labels)


@pytest.fixture
def explainer() -> PixelExplainer:
    torch.manual_seed(0)
    scene = small_scene()
    none = np.zeros(0, dtype=np.int64)
    attrs = {**scene.cube.attrs, "class_names": scene.class_names}
    windows = WindowCutter(scene, WINDOW, labelled=False)
    samples = Samples("t", none, none, attrs, "0", scene, windows)
    model = Pipeline([], Hyper3DNetLite(BANDS, 3, WINDOW), "volume").eval()
    composite = lp.presets.Hyper3DNetTutorial()
    patches = PatchExplainer(model, composite, samples, samples.task, "predicted")
    inside = np.zeros((HEIGHT, WIDTH), dtype=bool)
    inside[1:-1, 1:-1] = True
    return PixelExplainer(patches, windows, inside)


@expected_warnings.LITTLE_ARRIVES
def test_each_pixel_gets_the_relevance_of_its_own_window(explainer: PixelExplainer) -> None:
    dataset, account = explainer.explain(explainer.numbers)
    cube = explainer.scene.cube.values
    window = torch.from_numpy(cube[:, 1:4, 2:5].copy()).reshape(1, 1, BANDS, WINDOW, WINDOW)
    expected = lp.LRP(explainer.patches.model.network, lp.presets.Hyper3DNetTutorial()).explain(window)
    pixel = 2 * WIDTH + 3
    np.testing.assert_allclose(
        dataset["relevance"].values[pixel], expected.relevance.sum((0, 1, 3, 4)), rtol=1e-4, atol=1e-6
    )
    assert dataset["predicted"].values[pixel] == expected.output.argmax()
    inside = np.isfinite(dataset["output"].values).all(axis=1)
    highest = dataset["output"].values[inside].max(axis=1).sum()
    assert account.explained == pytest.approx(float(highest), rel=1e-5)


@expected_warnings.LITTLE_ARRIVES
def test_windows_that_leave_the_scene_have_none(explainer: PixelExplainer) -> None:
    dataset, _ = explainer.explain(explainer.numbers)
    inside = np.zeros((HEIGHT, WIDTH), dtype=bool)
    inside[1:-1, 1:-1] = True
    assert (np.isfinite(dataset["relevance"].values).all(axis=1).reshape(HEIGHT, WIDTH) == inside).all()
    assert ((dataset["predicted"].values >= 0).reshape(HEIGHT, WIDTH) == inside).all()


@expected_warnings.LITTLE_ARRIVES
def test_a_batch_outside_the_scene_explains_nothing(explainer: PixelExplainer) -> None:
    dataset, account = explainer.explain(explainer.numbers[:WIDTH])
    assert dataset["relevance"].shape == (WIDTH, BANDS)
    assert np.isnan(dataset["relevance"].values).all()
    assert (dataset["target"].values == -1).all()
    assert len(account) == 0


@expected_warnings.LITTLE_ARRIVES
def test_maps_lie_where_the_scene_lies(explainer: PixelExplainer) -> None:
    dataset, _ = explainer.explain(explainer.numbers)
    maps = explainer.maps(dataset)
    assert maps["relevance_map"].dims == ("band", "y", "x")
    assert maps["relevance_map"]["wavelength"].values.tolist() == [500.0, 600.0, 700.0, 800.0]
    np.testing.assert_array_equal(
        maps["relevance_map"].values[:, 2, 3], dataset["relevance"].values[2 * WIDTH + 3]
    )
    assert maps["class_map"].values[2, 3] == dataset["predicted"].values[2 * WIDTH + 3]
    assert all(georeference_of(each) == PLACE for each in maps.values())


@pytest.fixture
def written(explainer: PixelExplainer, tmp_path: Path) -> tuple[Path, dict[str, xr.DataArray]]:
    """The maps of the small scene in all formats, and the maps."""
    dataset = xr.Dataset(
        {
            "relevance": (
                ("sample", "band"),
                np.arange(HEIGHT * WIDTH * BANDS, dtype="f4").reshape(-1, BANDS),
                {"units": "logit"},
            ),
            "predicted": ("sample", np.arange(HEIGHT * WIDTH, dtype=np.int64) % 4 - 1),
        },
        coords={name: explainer.scene.cube[name] for name in ("wavelength", "fwhm", "original_band", "good")},
        attrs={**explainer.scene.cube.attrs, "class_names": ["a", "b", "c"], "task": "classification"},
    )
    dataset["relevance"][:WIDTH] = np.nan
    maps = dict(explainer.maps(dataset))
    write_maps(maps, tmp_path, choose_writers("netcdf,zarr,envi,geotiff"))
    return tmp_path, maps


@pytest.mark.parametrize("file", ["relevance_map.img", "relevance_map.tif", "relevance_map.nc"])
def test_gdal_reads_the_relevance(written: tuple[Path, dict[str, xr.DataArray]], file: str) -> None:
    rasterio = pytest.importorskip("rasterio")
    folder, maps = written
    with rasterio.open(folder / file) as opened:
        np.testing.assert_array_equal(opened.read(), maps["relevance_map"].values)
        assert set(opened.dtypes) == {"float32"}
        assert opened.crs.to_epsg() == 32616
        assert opened.transform.to_gdal() == PLACE.transform
        assert np.isnan(opened.nodata)
        if not file.endswith(".nc"):
            nm = [float(opened.tags(band)["wavelength"]) for band in opened.indexes]
            um = [float(opened.tags(band, ns="IMAGERY")["CENTRAL_WAVELENGTH_UM"]) for band in opened.indexes]
            assert nm == [500.0, 600.0, 700.0, 800.0]
            assert um == [0.5, 0.6, 0.7, 0.8]


def test_spectral_reads_the_relevance(written: tuple[Path, dict[str, xr.DataArray]]) -> None:
    folder, maps = written
    image = spectral_envi.open(folder / "relevance_map.hdr", folder / "relevance_map.img")
    np.testing.assert_array_equal(image.open_memmap(interleave="bsq"), maps["relevance_map"].values)
    assert image.bands.centers == [500.0, 600.0, 700.0, 800.0]
    assert image.bands.band_unit == "Nanometers"
    assert image.metadata["file type"] == "ENVI Standard"
    assert image.metadata["data ignore value"] == "nan"
    assert image.metadata["map info"][0] == "UTM"


@pytest.mark.parametrize(("ending", "engine"), [("nc", "h5netcdf"), ("zarr", "zarr")])
def test_xarray_reads_the_relevance(
    written: tuple[Path, dict[str, xr.DataArray]], ending: str, engine: str
) -> None:
    folder, maps = written
    with xr.open_dataset(folder / f"relevance_map.{ending}", engine=engine) as opened:
        np.testing.assert_array_equal(opened["relevance"].values, maps["relevance_map"].values)
        assert opened["wavelength"].values.tolist() == [500.0, 600.0, 700.0, 800.0]
        assert opened["wavelength"].attrs["units"] == "nm"
        assert "UTM zone 16N" in opened["spatial_ref"].attrs["crs_wkt"]
        np.testing.assert_array_equal(opened["x"], 500010.0 + 20 * np.arange(WIDTH))


@pytest.mark.parametrize("file", ["class_map.img", "class_map.tif"])
def test_gdal_reads_the_classes(written: tuple[Path, dict[str, xr.DataArray]], file: str) -> None:
    rasterio, shutil = pytest.importorskip("rasterio"), pytest.importorskip("rasterio.shutil")
    folder, maps = written
    with rasterio.open(folder / file) as opened:
        # 0 is no class, as in label maps
        np.testing.assert_array_equal(opened.read(1), maps["class_map"].values + 1)
        assert (opened.dtypes, opened.nodata) == (("uint8",), 0)
        colours = [opened.colormap(1)[value][:3] for value in (1, 2, 3)]
    assert colours == [tuple(bytes.fromhex(class_colour(index)[1:])) for index in range(3)]
    shutil.copy(folder / file, folder / "class_map.vrt", driver="VRT")
    names = ElementTree.fromstring((folder / "class_map.vrt").read_text()).iter("Category")
    assert [name.text for name in names] == ["Unlabelled", "a", "b", "c"]


@pytest.mark.parametrize("file", ["class_map.hdr", "class_map.tif"])
def test_the_classes_are_a_label_map_for_us_too(
    written: tuple[Path, dict[str, xr.DataArray]], file: str
) -> None:
    folder, maps = written
    np.testing.assert_array_equal(read_labels(folder / file).values, maps["class_map"].values + 1)


def test_the_true_class_of_every_pixel_is_not_known(explainer: PixelExplainer) -> None:
    with pytest.raises(lp.InputError, match=r"not every pixel has a true class\. Found 'true'"):
        replace(explainer, patches=replace(explainer.patches, target="true"))


def test_a_scene_without_a_whole_window_is_refused(explainer: PixelExplainer) -> None:
    none = np.zeros((HEIGHT, WIDTH), dtype=bool)
    with pytest.raises(lp.DataError, match=r"windows of 3 x 3 pixels without a missing value\. Found none"):
        replace(explainer, has_window=none)


def test_patches_have_no_scene(trained: Path, tmp_path: Path) -> None:
    settings = ExplanationSettings(devices=Devices("cpu"), every_pixel=True)
    with pytest.raises(lp.InputError, match=r"a scene can be explained\. Found samples without a scene"):
        explain_into(tmp_path, trained, settings, SILENT)


def test_a_format_that_cannot_hold_the_scene_is_refused_before_the_work(
    trained: Path, tmp_path: Path
) -> None:
    turned = Georeference("EPSG:32616", (5e5, 16.0, 12.0, 4.4e6, 12.0, -16.0))
    cube = make_cube(
        np.ones((12, 8, 9)), np.linspace(400, 950, 12), title="t", quantity="reflectance", units="1"
    )
    write_cube(assign_georeference(cube, turned), tmp_path / "scene.nc")
    settings = ExplanationSettings(
        source=str(tmp_path / "scene.nc"), devices=Devices("cpu"), every_pixel=True, formats="envi"
    )
    (tmp_path / "out").mkdir()
    with pytest.raises(lp.DataError, match="an ENVI image should be north up"):
        explain_into(tmp_path / "out", trained, settings, SILENT)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_scene_without_a_label_is_explained(trained: Path, tmp_path: Path) -> None:
    values = np.random.default_rng(0).uniform(0.1, 0.8, (12, 8, 9))
    values[5, 0, 0] = np.nan  # in one window of 5 x 5 pixels
    cube = make_cube(values, np.linspace(400, 950, 12), title="t", quantity="reflectance", units="1")
    write_cube(cube, tmp_path / "scene.nc")
    settings = ExplanationSettings(
        source=str(tmp_path / "scene.nc"),
        devices=Devices("cpu"),
        every_pixel=True,
        batch_size=20,
        pool=220.0,
        formats="netcdf,envi",
    )
    (tmp_path / "out").mkdir()
    explain_into(tmp_path / "out", trained, settings, SILENT)
    relevance = read_cube(tmp_path / "out" / "relevance_map.nc")
    assert relevance.shape == (6, 8, 9)
    assert int(relevance.notnull().all("band").sum()) == 4 * 5 - 1
    assert read_cube(tmp_path / "out" / "relevance_map.nc").isel(y=2, x=2).isnull().all()
    xr.testing.assert_equal(read_cube(tmp_path / "out" / "relevance_map.hdr").compute(), relevance.compute())
    for name in ("scene-relevance.png", "scene-relevance-pooled.png"):
        assert (tmp_path / "out" / "figures" / name).stat().st_size > 10_000
    page = read_content((tmp_path / "out" / "explorer.html").read_text(encoding="utf-8"))
    pixels = np.cumsum(unpack(page["items"]["step"], "<i4"))
    exact = relevance.values.reshape(6, -1).T[pixels]
    assert len(exact) == 4 * 5 - 1
    assert (np.abs(decode(page["relevance"]) - exact).max(axis=1) <= 0.01 * np.abs(exact).max(axis=1)).all()


@expected_warnings.LITTLE_ARRIVES
def test_the_template_is_an_explanation_without_its_values(explainer: PixelExplainer) -> None:
    explained, _ = explainer.explain(explainer.first)
    assert_same_layout(explainer.template, explained)
    windows = cut_windows(explainer.scene, WINDOW, pixels=explainer.first, labelled=False)
    assert_same_layout(
        explainer.patches.build_template(windows), explainer.patches.explain_patches(windows)[0]
    )


def assert_same_layout(template: xr.Dataset, explained: xr.Dataset) -> None:
    assert template.sizes == explained.sizes
    assert list(template.variables) == list(explained.variables)
    assert template.attrs == explained.attrs
    assert template.coords.keys() == explained.coords.keys()
    for name, variable in explained.variables.items():
        assert template[name].dims == variable.dims
        assert template[name].dtype == variable.dtype
        assert template[name].attrs == variable.attrs
