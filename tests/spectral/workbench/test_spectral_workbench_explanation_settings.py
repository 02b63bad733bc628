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
