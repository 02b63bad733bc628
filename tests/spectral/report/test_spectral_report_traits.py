import numpy as np
import pandas as pd

from lrprism.spectral.knowledge.absorption import FEATURES
from lrprism.spectral.report.traits import describe_traits

NM = np.arange(500.0, 800.0, 10.0)


def rows(peak: float, *, pooled_nm: float) -> pd.DataFrame:
    size = np.exp(-(((NM - peak) / 10) ** 2))
    return pd.DataFrame({
        "class": 0, "class_name": "nitrogen", "wavelength_nm": NM, "magnitude": size,
        "pooled_magnitude": 2 * size,
        "share": size / size.sum(), "pooled_nm": pooled_nm,
    })  # fmt: skip


def test_the_strongest_stretch_comes_first_with_its_cause() -> None:
    heading, line = describe_traits(rows(668, pooled_nm=50.0), FEATURES, "mg/g")
    assert heading == "What moves the prediction most, up or down, on average over the samples shown:"
    assert line.startswith("  nitrogen: 650 to 690 nm 1.77 mg/g, in chlorophyll a absorption (")


def test_single_bands_where_relevance_is_not_pooled() -> None:
    (_, line) = describe_traits(rows(600, pooled_nm=0.0), (), "mg/g")
    assert line.startswith("  nitrogen: 600.0 nm 1 mg/g; ")
