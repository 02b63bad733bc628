import numpy as np
import pytest
import xarray as xr

from lrprism.spectral import sample_spectra
from lrprism.spectral.plots.sample_facts import describe_sample, name_sample


def test_place_true_and_predicted_class_with_its_probability(relevance: xr.Dataset) -> None:
    sample = relevance.isel(sample=1)
    sample["output"][:] = np.log([1.0, 3.0, 4.0])
    # the prediction is class 1: 3 / (1 + 3 + 4)
    expected = ["sample at row 41, column 61", "true class: Hay", "predicted: Woods, probability 0.375"]
    assert describe_sample(sample) == expected
    assert describe_sample(sample.expand_dims("sample")) == expected
    assert describe_sample(sample_spectra(sample.expand_dims("sample"))) == expected


@pytest.mark.parametrize(
    ("logit", "predicted", "words"),
    [(np.log(4.0), 1, "0.800"), (-np.log(4.0), 0, "0.800"), (800.0, 1, "above 0.999")],
)
def test_one_logit_and_a_sure_network(
    relevance: xr.Dataset, logit: float, predicted: int, words: str
) -> None:
    sample = relevance.isel(sample=0).drop_vars("output")
    sample = sample.assign(output=("logit", [logit]), predicted=predicted)
    assert describe_sample(sample)[-1].endswith(f", probability {words}")


def test_a_name_stands_for_the_place_and_a_scene_is_named(relevance: xr.Dataset) -> None:
    sample = relevance.isel(sample=0)
    assert name_sample(sample.assign_coords(scene="north")) == ["sample at row 40, column 60 of north"]
    assert name_sample(sample.assign_coords(name="leaf 7")) == ["sample leaf 7"]
    assert name_sample(sample.drop_vars(["row", "column"])) == []


def test_several_samples_have_no_name_and_a_region_no_probability(relevance: xr.Dataset) -> None:
    assert describe_sample(relevance) == []
    assert name_sample(relevance) == []
    region = relevance.isel(sample=0).assign_attrs(task="segmentation")
    assert describe_sample(region)[-1] == "predicted: Corn"
    assert describe_sample(region.assign(label=-1))[1] == "true class: not known"


def test_a_trait_has_values(relevance: xr.Dataset) -> None:
    sample = relevance.isel(sample=0).drop_vars("label").assign(true=2.0, predicted=2.25)
    sample.attrs["task"] = "regression"
    sample["relevance"].attrs["units"] = "mg/g"
    assert describe_sample(sample)[1:] == ["measured: 2 mg/g", "predicted: 2.25 mg/g"]
    assert describe_sample(sample.assign(true=np.nan))[1] == "not measured"
    assert describe_sample(sample.drop_vars("true")) == ["sample at row 40, column 60"]
