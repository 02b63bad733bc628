import pytest

from lrprism.errors import InputError
from lrprism.spectral.workbench import ExplanationSettings
from lrprism.spectral.workbench.composites import DEFAULT_RULE
from lrprism.spectral.workbench.references import DEFAULT_REFERENCE


@pytest.mark.parametrize("pool", [-1.0, float("nan"), float("inf")])
def test_a_width_that_is_none(pool: float) -> None:
    with pytest.raises(InputError, match=r"pool should be a width of 0 nm or more\. Found (-1.0|nan|inf)"):
        ExplanationSettings(pool=pool)


def test_the_defaults_are_the_named_ones() -> None:
    assert ExplanationSettings().rule == DEFAULT_RULE
    assert ExplanationSettings(rule="epsilon").reference_name == DEFAULT_REFERENCE
    assert ExplanationSettings(reference="mean").reference_name == "mean"


def test_auto_is_no_rule_but_may_be_asked_for() -> None:
    settings = ExplanationSettings(rule="auto")
    settings.check_rule()
    assert settings.chooses
    assert not ExplanationSettings().chooses
    with pytest.raises(InputError, match=r"rule should be one of .*Found 'magic'"):
        ExplanationSettings(rule="magic").check_rule()


def test_maps_have_formats_and_single_samples_none() -> None:
    assert [writer.name for writer in ExplanationSettings(every_pixel=True).writers] == ["NetCDF 4"]
    settings = ExplanationSettings(every_pixel=True, formats="envi,geotiff")
    assert [writer.name for writer in settings.writers] == ["ENVI", "GeoTIFF"]
    with pytest.raises(
        InputError, match=r"only where every pixel is explained\. Found 'envi'.*--every-pixel"
    ):
        ExplanationSettings(formats="envi")
    with pytest.raises(InputError, match=r"formats should be among netcdf, .* Found 'jpg'"):
        ExplanationSettings(every_pixel=True, formats="jpg")


@pytest.mark.parametrize("threshold", [-1.1, 40.0, float("nan")])
def test_a_threshold_that_is_no_ndvi(threshold: float) -> None:
    with pytest.raises(InputError, match=r"plant-ndvi should be an NDVI of -1 to 1\. Found (-1.1|40.0|nan)"):
        ExplanationSettings(plant_ndvi=threshold)


def test_zones_are_of_samples_and_known() -> None:
    assert ExplanationSettings(zones="indices,landsat 8").zones == "indices,landsat 8"
    with pytest.raises(InputError, match=r"zones should be among vegetation, .* Found 'pigments'"):
        ExplanationSettings(zones="vegetation,pigments")
    for given in ({"zones": "indices"}, {"plant_ndvi": 0.4}):
        with pytest.raises(
            InputError, match=r"for samples, whose relevance is summed\. Found them for every p"
        ):
            ExplanationSettings(every_pixel=True, **given)


@pytest.mark.parametrize(("figures", "drawn"), [("none", None), ("classes", 0), ("all", 3)])
def test_heatmaps_are_part_of_all_figures_alone(figures: str, drawn: int | None) -> None:
    assert ExplanationSettings(figures=figures, heatmaps=3).heatmaps_drawn == drawn


def test_figures_that_there_are_not() -> None:
    with pytest.raises(InputError, match=r"figures should be one of none, classes, all\. Found 'some'\."):
        ExplanationSettings(figures="some")


def test_a_rule_in_the_words_of_an_evaluation_is_told_how_to_say_it() -> None:
    with pytest.raises(InputError, match=r"Found 'epsilon@mean'\. Give --rule epsilon --reference mean\."):
        ExplanationSettings(rule="epsilon@mean").check_rule()
