"""The contract between figures and relevance data: what is refused, and what things are called."""

import numpy as np
import pytest
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral import sample_spectra
from lrprism.spectral.plots import contract


def sizes(**lengths: int) -> xr.DataArray:
    return xr.DataArray(np.zeros(tuple(lengths.values())), dims=tuple(lengths), name="patch")


def test_all_missing_variables_are_named_at_once(relevance: xr.Dataset) -> None:
    contract.require_variables(relevance, ["patch", "wavelength"])
    with pytest.raises(DataError, match=r"^A relevance dataset should hold target, fwhm\. Found band, "):
        contract.require_variables(relevance.drop_vars(["target", "fwhm"]), ["target", "patch", "fwhm"])
    with pytest.raises(DataError, match=r"should hold patch\. Found nothing\. Try the relevance\.zarr"):
        contract.require_variables(xr.Dataset(), ["patch"])


@pytest.mark.parametrize("array", [sizes(y=2, x=3, band=4), sizes(y=2, band=0), sizes(y=2, x=3)])
def test_other_dimensions_are_refused(array: xr.DataArray) -> None:
    contract.check_dimensions(sizes(y=2, band=4), ("band", "y"), "Do.")
    with pytest.raises(
        DataError, match=r"^patch should have the non-empty dimensions band, y\. Found .* Do\.$"
    ):
        contract.check_dimensions(array, ("band", "y"), "Do.")


def test_values_that_are_not_finite_are_counted() -> None:
    array = sizes(y=2, x=3)
    contract.check_finite_values(array)
    array[0, :2] = [np.nan, -np.inf]
    with pytest.raises(DataError, match=r"^patch should be finite everywhere\. Found 2 of 6 values NaN or"):
        contract.check_finite_values(array)


def test_a_choice_of_bands_keeps_its_order() -> None:
    assert contract.check_band_choice((3, 0), 4, "Do.", most=2) == [3, 0]
    with pytest.raises(DataError, match=r"^bands should be 2 at most\. Found 3\. Draw them in several"):
        contract.check_band_choice([0, 1, 2], 4, "Do.", most=2)
    for bands in ([4], [-1], [1, 1], []):
        with pytest.raises(DataError, match=r"numbers from 0 to 3, at least one\. Found \[.*\]\. Do\.$"):
            contract.check_band_choice(bands, 4, "Do.")


def test_one_complete_sample_is_asked_for(relevance: xr.Dataset) -> None:
    contract.check_sample(relevance.isel(sample=0))
    with pytest.raises(DataError, match=r"dimensions band, y, x\. .*dataset\.isel\(sample=0\)\.$"):
        contract.check_sample(relevance)


def test_maps_of_one_scene_are_asked_for() -> None:
    relevance, classes = sizes(band=2, y=3, x=4), sizes(y=3, x=4).astype(int)
    contract.check_maps(relevance, classes, None)
    contract.check_maps(relevance, classes, relevance)
    with pytest.raises(DataError, match=r"^classes should have the 3 × 4 pixels .*Found 3 × 3\. Give maps"):
        contract.check_maps(relevance, classes[:, 1:], None)
    with pytest.raises(DataError, match=r"^classes should be whole numbers\. Found float64\."):
        contract.check_maps(relevance, classes.astype(float), None)


def test_spectra_of_samples_and_of_spectra_are_the_same(relevance: xr.Dataset) -> None:
    turned = relevance.transpose("x", "band", "sample", ...)
    for spectra in (contract.prepare_spectra(turned), contract.prepare_spectra(sample_spectra(relevance))):
        assert spectra["positive"].dims == ("sample", "band")
        total = spectra["positive"] + spectra["negative"]
        # float32 in the data, summed in another order
        np.testing.assert_allclose(total, relevance["relevance"].sum(("y", "x")), atol=1e-4)


def test_names_of_classes() -> None:
    both = xr.Dataset(coords={"class_name": ("class", ["Corn", "Woods"])}, attrs={"class_names": ["a", "b"]})
    assert [contract.get_class_name(both, index) for index in (1, 2, -1)] == ["Woods", "class 2", "class -1"]
    # one output for two classes: only the attribute names both
    single = xr.Dataset(coords={"class_name": ("class", ["Corn"])}, attrs={"class_names": ["a", "b"]})
    assert contract.get_class_name(single, 0) == "a"
    assert contract.get_class_name(xr.Dataset(), 3) == "class 3"


def test_units_and_window_in_words(relevance: xr.Dataset) -> None:
    assert contract.get_relevance_unit(relevance) == "logit"
    assert contract.name_quantity(relevance) == "radiance (W m⁻² sr⁻¹ µm⁻¹)"
    assert contract.name_quantity(xr.Dataset()) == "input (units not given)"
    unknown = xr.Dataset(attrs={"quantity": "unknown", "units": "unknown"})
    assert contract.name_quantity(unknown) == "input (units not given)"
    assert contract.describe_window(relevance.isel(x=slice(3))) == "5 × 3 pixels"
    assert contract.describe_window(sample_spectra(relevance)) == "5 × 5 pixels"


def test_the_explained_output_is_that_of_the_target() -> None:
    logits = xr.Dataset({"output": ("class", [1.0, -2.0, 3.0]), "target": 2})
    assert contract.get_explained_outputs(logits) == 3.0
    # one logit for two classes speaks for class 1, with its sign turned for class 0
    for target, expected in ((1, 0.5), (0, -0.5)):
        single = xr.Dataset({"output": ("class", [0.5]), "target": target})
        assert contract.get_explained_outputs(single) == expected
    with pytest.raises(DataError, match=r"^target should be one of the 3 classes of output\. Found 3\."):
        contract.get_explained_outputs(logits.assign(target=3))


@pytest.mark.parametrize(("stated", "width"), [(None, 0.0), (0.0, 0.0), (39.0, 0.0), (85.0, 85.0)])
def test_the_width_of_pooled_relevance(relevance: xr.Dataset, stated: float | None, width: float) -> None:
    # bands are 40 nm apart at least: a box of 39 nm holds one
    relevance.attrs |= {} if stated is None else {"resolution_nm": stated}
    assert contract.get_pooled_width(sample_spectra(relevance)) == width


def test_a_width_in_print() -> None:
    assert [contract.name_width(nm) for nm in (117.6, 10, 4.26)] == ["118 nm", "10 nm", "4.3 nm"]


def test_a_heading_names_what_the_input_is_compared_with(relevance: xr.Dataset) -> None:
    assert contract.describe_way(relevance) == "Epsilon()"
    relevance.attrs["compared_with"] = "the training mean"
    assert contract.describe_way(relevance) == "Epsilon() against the training mean"
    del relevance.attrs["composite"]
    assert contract.describe_way(relevance) == "against the training mean"


def test_right_samples_are_counted_where_all_true_classes_are_known(relevance: xr.Dataset) -> None:
    label = relevance["predicted"].copy()
    label[0] = 2
    assert contract.count_right(relevance.assign(label=label)) == relevance.sizes["sample"] - 1
    label[1] = -1
    assert contract.count_right(relevance.assign(label=label)) is None


def test_a_doubt_in_the_words_of_the_task(relevance: xr.Dataset) -> None:
    assert contract.name_doubt(relevance) == ""
    relevance.attrs["doubt"] = "the network predicts no better than chance, with a balanced accuracy of 0.3"
    assert contract.name_doubt(relevance) == "network at chance level: do not read"
    relevance.attrs["task"] = "regression"
    assert contract.name_doubt(relevance) == "network perhaps no better than the mean: do not read"
    # of a network that is good enough the maps alone may be in doubt
    del relevance.attrs["doubt"]
    relevance.attrs["map_doubt"] = "removing what they rank high costs no more than at random"
    assert contract.name_doubt(relevance) == "maps that the network does not bear out: do not read"
