"""Peaks of relevance: apart, above their noise, named without overlap."""

import numpy as np
import pandas as pd
import xarray as xr

from lrprism.spectral import sample_spectra
from lrprism.spectral.bands.statistics import band_table
from lrprism.spectral.plots import style
from lrprism.spectral.plots.peaks import choose_distance, find_boxes, find_peaks, mark_peaks


def make_rows(heights: dict[float, float], low: float = 0.1) -> pd.DataFrame:
    nm = np.arange(400.0, 1001.0, 5.0)
    values = pd.Series(0.0, index=nm)
    values.update(pd.Series(heights))
    return pd.DataFrame({"wavelength_nm": nm, "sum": values.to_numpy(), "low": low})


def test_neighbours_of_a_peak_are_not_marked() -> None:
    assert choose_distance(np.array([400.0, 900.0, 1000.0])) == 24.0
    rows = make_rows({490: 5, 495: 6, 500: 5.5, 610: 3, 740: 4, 900: 1})
    assert find_peaks(rows)["wavelength_nm"].tolist() == [495, 740, 610]


def test_peaks_within_their_noise_are_left_out() -> None:
    assert find_peaks(make_rows({490: 5.0}, low=-0.1)).empty
    # one sample has no interval
    assert len(find_peaks(make_rows({490: 5.0, 610: 3.0, 740: 4.0}, low=np.nan))) == 3
    # a trait goes up and down: its magnitude counts
    rows = make_rows({490: -5.0}, low=-6.0)
    assert find_peaks(rows.assign(magnitude=rows["sum"].abs()))["wavelength_nm"].iloc[0] == 490


def test_boxes_end_with_the_sensor(relevance: xr.Dataset) -> None:
    relevance["relevance"][:] = 0.0
    relevance["relevance"][:, 10] = 1.0  # 400 nm, the first of the sensor
    spectra = sample_spectra(relevance.assign_attrs(resolution_nm=85.0))
    regions, boxes = find_boxes(band_table(spectra)[lambda table: table["class"] == 0], 0, spectra)
    assert len(regions) == len(boxes)
    assert all(start >= 400 and end <= 1780 and end - start <= 85 for start, end in boxes)


def test_names_stay_apart_and_on_the_axes() -> None:
    axes = style.add_axes(style.new_figure(85, 50), 14, 10, 56, 30)
    axes.set(xlim=(400, 1000), ylim=(0, 10))
    mark_peaks(axes, make_rows({}).iloc[[110, 116, 120]])
    places = sorted(float(text.get_position()[0]) for text in axes.texts)
    widest = style.text_width("1000.0 nm", style.FONT_SMALL) * 600 / 56
    assert np.diff(places).min() >= widest * 0.95
    assert places[-1] + widest / 2 <= 1000
