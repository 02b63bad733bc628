from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr

from lrprism.spectral.bands.areas import PlantMask
from lrprism.spectral.bands.statistics import PLANT_NDVI, RESOLUTION, sample_spectra
from lrprism.spectral.workbench.against_others import OtherClasses, lend_spectra
from lrprism.spectral.workbench.composites import find_composite
from lrprism.spectral.workbench.part_samples import open_own_samples, read_part
from lrprism.spectral.workbench.patch_explainer import PatchExplainer
from lrprism.spectral.workbench.sources import network_inputs
from lrprism.spectral.workbench.trained_network import TrainedNetwork


def build_spectra(
    target: list[int],
    *,
    predicted: list[int] | None = None,
    plant: list[float] | None = None,
    **attrs: float,
) -> xr.Dataset:
    size = [0.5] * len(target) if plant is None else plant
    return xr.Dataset(
        {
            "target": ("sample", target),
            "predicted": ("sample", predicted or target),
            "label": ("sample", predicted or target),
            "area_size": (("sample", "area"), np.array(size)[:, None]),
        },
        coords={"wavelength": ("band", np.array([550.0, 670.0, 800.0])), "area": ["plant"]},
        attrs=attrs,
    )


def test_partners_are_of_other_classes_each_as_likely() -> None:
    target = [0] * 600 + [1] * 60 + [2] * 6
    numbers = np.arange(len(target)) + 1000
    others = OtherClasses.draw(build_spectra(target), numbers, 300)
    assert others is not None
    assert np.bincount(others.classes).tolist() == [300, 60, 6]
    partners = np.array(target)[others.partners - 1000]
    assert (partners != others.classes).all()
    # of class 0 half against the 60, half against the 6; a binomial of 300
    assert abs((partners[others.classes == 0] == 1).mean() - 0.5) < 0.15
    assert np.isin(others.numbers, numbers).all()
    thin = others.thin(64)
    assert len(thin.numbers) <= 64
    assert set(thin.classes) == {0, 1, 2}


def test_samples_are_drawn_at_random_and_keep_their_groups() -> None:
    spectra = build_spectra([0] * 500 + [1] * 5).assign_coords(group=("sample", np.arange(505) // 100))
    others = OtherClasses.draw(spectra, np.arange(505), 64)
    assert others is not None
    own = others.numbers[others.classes == 0]
    assert len(own) == 64
    assert (own > 400).any()  # not the first 64
    assert others.groups is not None
    assert others.groups.tolist() == (others.numbers // 100).tolist()


def test_of_a_class_that_is_asked_for_its_own_samples_are_compared_with_the_rest() -> None:
    others = OtherClasses.draw(build_spectra([1] * 6, predicted=[1, 1, 0, 0, 2, 2]), np.arange(6), 64)
    assert others is not None
    assert others.numbers.tolist() == [0, 1]
    assert set(others.partners) <= {2, 3, 4, 5}


def test_a_partner_with_other_shares_of_plants_is_taken_as_it_is() -> None:
    plant = [0.5, 0.5, 0.6, 0.6, 0.1, 0.1]
    others = OtherClasses.draw(
        build_spectra([0, 0, 1, 1, 2, 2], plant=plant, **{PLANT_NDVI: 0.4}), np.arange(6), 64
    )
    assert others is not None
    near = (others.classes < 2) & (others.partners < 4)
    assert others.lends.tolist() == near.tolist()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_pixels_of_one_kind_are_not_told_apart(share: float) -> None:
    spectra = build_spectra([0, 1], plant=[share] * 2, **{PLANT_NDVI: 0.4})
    others = OtherClasses.draw(spectra, np.arange(2), 64)
    assert others is not None
    assert others.plant is None


def test_one_class_alone_has_no_others() -> None:
    assert OtherClasses.draw(build_spectra([1, 1, 1]), np.arange(3), 64) is None


def test_plants_are_told_by_the_threshold_of_the_spectra() -> None:
    numbers = np.arange(2)
    plain, green = (OtherClasses.draw(build_spectra([0, 1], **attrs), numbers, 64)
                    for attrs in ({}, {PLANT_NDVI: 0.4}))  # fmt: skip
    assert plain is not None
    assert green is not None
    assert plain.plant is None
    assert green.plant == PlantMask(0.4, (1,), (2,))


def test_a_leaf_is_compared_with_a_leaf_and_soil_with_soil() -> None:
    # the other sample: two pixels of leaf, 4 and 6, and two of soil, 1 and 3
    other = torch.tensor([[[[4.0, 6.0], [1.0, 3.0]]]])
    leaf = torch.tensor([[[True, True], [False, False]]])
    own = torch.tensor([[[False, True], [True, True]]])
    assert lend_spectra(other, own, leaf).tolist() == [[[[2.0, 5.0], [5.0, 5.0]]]]


@pytest.mark.parametrize("lacking", [torch.zeros(1, 2, 2), torch.ones(1, 2, 2)])
def test_a_sample_without_leaf_or_soil_is_taken_as_it_is(lacking: torch.Tensor) -> None:
    other, own = torch.rand(1, 3, 2, 2), torch.tensor([[[True, False], [False, False]]])
    assert torch.equal(lend_spectra(other, own, lacking.bool()), other)


def test_relevance_adds_up_to_the_difference_of_the_logits(spectra_run: Path) -> None:
    trained = TrainedNetwork.load(spectra_run, None)
    explainer = PatchExplainer(
        trained.model, find_composite("epsilon"), open_own_samples(trained), trained.task, "predicted"
    )
    numbers = read_part(trained, "test")
    spectra = sample_spectra(explainer.explain(numbers)[0].assign_attrs({RESOLUTION: trained.resolution}))
    others = OtherClasses.draw(spectra, numbers, 8)
    assert others is not None
    compared = others.explain(explainer, trained.resolution)
    with torch.no_grad():
        own, other = (
            trained.model(network_inputs(explainer.samples.cut(each))).double()
            for each in (others.numbers, others.partners)
        )
    rows = torch.arange(len(own))
    difference = (own - other)[rows, torch.from_numpy(others.classes)].numpy()
    total = (compared["positive"] + compared["negative"]).sum("band").values
    np.testing.assert_allclose(total, difference, rtol=1e-3, atol=1e-3)
    assert compared["target"].values.tolist() == others.classes.tolist()
    assert compared["label"].values.tolist() == explainer.samples.labels_of(others.numbers).tolist()
    assert compared.attrs["compared_with"] == "samples of other classes"


def test_the_table_of_the_report_is_that_of_the_comparison(spectra_run: Path, tmp_path: Path) -> None:
    from lrprism.spectral.training import Devices
    from lrprism.spectral.workbench import ExplanationSettings, explain_into
    from tests.small_runs import SILENT

    explain_into(tmp_path, spectra_run, ExplanationSettings(devices=Devices("cpu"), figures="none"), SILENT)
    table, as_asked = (pd.read_csv(tmp_path / name) for name in ("against_others.csv", "bands.csv"))
    assert table.columns.tolist() == as_asked.columns.tolist()
    stretches = pd.read_csv(tmp_path / "stretches.csv")
    row = stretches.iloc[0]
    inside = table[
        (table["class"] == row["class"]) & table["wavelength_nm"].between(row["start_nm"], row["end_nm"])
    ]
    assert row["relevance"] == pytest.approx(inside["sum"].sum(), rel=1e-6)
