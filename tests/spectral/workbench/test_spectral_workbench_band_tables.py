from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import lrprism as lp
from lrprism.spectral.bands.statistics import sample_spectra
from lrprism.spectral.cubes.cube import band_coords
from lrprism.spectral.workbench.band_tables import (
    check_plant_ndvi,
    choose_zone_sets,
    write_areas,
    write_zones,
)

NM = np.array([480.0, 490.0, 560.0, 670.0, 800.0, 810.0])


def make_spectra(samples: int = 12, side: int = 1, nm: np.ndarray = NM) -> xr.Dataset:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(samples, nm.size, side, side))
    values[:, 1], values[:, 5] = values[:, 0], -values[:, 4]
    dims = ("sample", "band", "y", "x")
    return sample_spectra(
        xr.Dataset(
            {
                "relevance": (dims, values.astype(np.float32)),
                "patch": (dims, values.astype(np.float32)),
                "target": ("sample", np.arange(samples) % 2),
            },
            coords={
                **band_coords(nm.size, nm, fwhm=np.full(nm.size, 9.0)),
                "class_name": ("class", ["a", "b"]),
            },
        )
    )


def test_sets_stand_below_each_other(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text("name,start_nm,end_nm\ngreen,500,600\n")
    words = f"vegetation, indices,S2A,{own},Correlation"
    empty = "zones.csv has no row for {} of {}: no band of the data lies there."
    assert write_zones(tmp_path, make_spectra(), words) == [
        empty.format("red edge, SWIR 1, SWIR 2", "vegetation"),
        empty.format("B01, B05, B06, B07, B8A, B09 and 3 more", "S2A"),
    ]
    table = pd.read_csv(tmp_path / "zones.csv")
    assert table.columns[:4].tolist() == ["class", "class_name", "set", "zone"]
    assert table["set"].unique().tolist() == ["vegetation", "indices", "S2A", str(own), "Correlation"]
    first = table[table["class"] == 0].set_index(["set", "zone"])["bands"]
    assert first["vegetation"].to_dict() == {"visible": 4, "near infrared": 2}
    assert first["indices"]["NDVI"] == 3
    assert first["S2A"].to_dict() == {"B02": 2, "B03": 1, "B04": 1, "B08": 2}
    assert first[str(own)].to_dict() == {"green": 1, "other": 5}
    assert first["Correlation"].to_dict() == {"group 1: 480-490 nm": 2, "group 2: 800-810 nm": 2, "other": 2}


def test_a_set_that_is_missing_is_told_and_the_others_are_written(tmp_path: Path) -> None:
    spectra = make_spectra(samples=4, nm=NM + 1700)
    assert write_zones(tmp_path / "none", spectra.assign_coords(wavelength=("band", NM + 9000)), None) == []
    notes = write_zones(tmp_path, spectra, "vegetation,Sentinel-2B,indices,correlation")
    assert pd.read_csv(tmp_path / "zones.csv")["set"].unique().tolist() == ["vegetation", "Sentinel-2B"]
    assert len(notes) == 4
    assert [note.split(": no band")[0].split(" of ")[-1] for note in notes[:2]] == [
        "vegetation",
        "Sentinel-2B",
    ]
    assert notes[2].startswith("zones.csv is without indices: an index should have all its bands in the data")
    assert "at least 10 spectra" in notes[3]
    several = make_spectra().isel(band=[0, 2, 3, 4])
    (note,) = write_zones(tmp_path, several, "correlation")
    assert note.endswith("Found no two that do.")
    assert not (tmp_path / "none").exists()


def test_words_that_name_no_set(tmp_path: Path) -> None:
    assert list(choose_zone_sets(None)) == ["vegetation"]
    for words in ("indexes", "vegetation,", "Hyperion", "vegetation;indices"):
        with pytest.raises(
            lp.InputError, match=r"zones should be among vegetation, indices, correlation, Sentinel-2A"
        ):
            choose_zone_sets(words)
    with pytest.raises(lp.DataError, match=r"should be a table of zones\. Found no such file"):
        choose_zone_sets(str(tmp_path / "missing.csv"))


def test_areas_are_those_of_patches(tmp_path: Path) -> None:
    write_areas(tmp_path, make_spectra())
    assert not (tmp_path / "areas.csv").exists()
    spectra = make_spectra(side=5)
    assert write_areas(tmp_path, spectra) == []
    table = pd.read_csv(tmp_path / "areas.csv")
    assert table["area"].tolist() == ["centre", "ring 1", "border"] * 2


@pytest.mark.parametrize(("share", "which"), [(0.0, "no"), (1.0, "every")])
def test_pixels_of_one_kind_are_said(tmp_path: Path, share: float, which: str) -> None:
    spectra = make_spectra(side=5)
    areas = spectra["area"].values.tolist()
    spectra = spectra.assign_coords(area=[*areas[:-1], "plant"]).assign_attrs(plant_ndvi=0.99)
    spectra["area_size"] = xr.full_like(spectra["area_size"], share)
    assert write_areas(tmp_path, spectra) == [
        f"Note: {which} pixel has an NDVI above 0.99, so that plants are not told from the background."
    ]


def test_plants_are_told_in_patches_with_an_ndvi() -> None:
    def make_patch(side: int, nm: list[float]) -> xr.Dataset:
        values = np.ones((1, len(nm), side, side))
        return xr.Dataset(
            {"patch": (("sample", "band", "y", "x"), values)}, coords={"wavelength": ("band", nm)}
        )

    check_plant_ndvi(None, make_patch(1, [500]))
    check_plant_ndvi(0.4, make_patch(3, [660, 800]))
    with pytest.raises(lp.InputError, match=r"several pixels, some of them plants\. Found single spectra"):
        check_plant_ndvi(0.4, make_patch(1, [660, 800]))
    with pytest.raises(lp.InputError, match=r"an NDVI should have bands in 650 to 685"):
        check_plant_ndvi(0.4, make_patch(3, [500, 800]))
