import numpy as np
import pytest
import xarray as xr

from lrprism.spectral.bands.area_table import measure_shares
from lrprism.spectral.bands.statistics import RESOLUTION, sample_spectra
from lrprism.spectral.cubes.cube import band_coords
from lrprism.spectral.report.confusion import measure_confusion
from lrprism.spectral.report.judge import ClassFinding, judge_classes, measure_arrival

BANDS, SIDE = 30, 7
NM = 500.0 + 12 * np.arange(BANDS)  # 500 to 848 nm: red and near infrared are there
LEAF = np.zeros((SIDE, SIDE), dtype=bool)
LEAF[1:6, 1:6] = True


def build_dataset(
    relevance: np.ndarray,
    target: list[int],
    *,
    label: list[int] | None = None,
    predicted: list[int] | None = None,
) -> xr.Dataset:
    """Leaves of NDVI 0.8 in the middle of soil of 0."""
    patch = np.where(LEAF, np.where(NM > 720, 0.45, 0.05)[:, None, None], 0.2)
    patch = np.broadcast_to(patch, relevance.shape).astype(np.float32)
    return xr.Dataset(
        {
            "relevance": (("sample", "band", "y", "x"), relevance.astype(np.float32)),
            "patch": (("sample", "band", "y", "x"), patch),
            "target": ("sample", target),
            "label": ("sample", label or target),
            "predicted": ("sample", predicted or label or target),
        },
        coords={
            **band_coords(BANDS, NM, fwhm=np.full(BANDS, 12.0)),
            "class_name": ("class", ["a", "b", "c"]),
        },
        attrs={RESOLUTION: 48.0},
    )


def draw(centre: float, where: np.ndarray = LEAF, samples: int = 20, noise: float = 0.01) -> np.ndarray:
    """Relevance of a bump round a wavelength, on some pixels, and noise everywhere."""
    rng = np.random.default_rng(int(centre))
    bump = np.exp(-(((NM - centre) / 20) ** 2))[:, None, None] * where / where.sum()
    return bump + noise * rng.normal(0, 1, (samples, BANDS, SIDE, SIDE)) / SIDE


def judge(dataset: xr.Dataset, **settings: object) -> ClassFinding:
    findings = judge_classes(dataset, (), **settings)  # type: ignore[arg-type]
    (number,) = set(dataset["target"].values.tolist())
    return next(finding for finding in findings if finding.number == number)


def test_a_class_that_is_known_by_a_bump_on_the_leaf() -> None:
    finding = judge(build_dataset(draw(680), [1] * 20))
    assert (finding.title, finding.reasons) == ("b (20 of 20 right)", ())
    assert finding.stretches[0].peak_nm == pytest.approx(680, abs=6)
    assert finding.stretches[0].low > 0.5


def test_where_no_class_is_known_nothing_is_right_or_wrong() -> None:
    finding = judge(build_dataset(draw(680), [1] * 20, label=[-1] * 20, predicted=[1] * 20))
    assert (finding.title, finding.right) == ("b (20 shown, true class not known)", None)
    assert finding.reasons == ()
    assert finding.stretches[0].peak_nm == pytest.approx(680, abs=6)


def test_too_few_samples_and_samples_that_are_wrong() -> None:
    assert judge(build_dataset(draw(680, samples=4), [1] * 4)).reasons == (
        "4 samples are too few for a mean",
    )
    assert judge(build_dataset(draw(680, samples=1), [1])).reasons == ("1 sample is too few for a mean",)
    wrong = build_dataset(draw(680), [1] * 20, label=[0] * 11 + [1] * 9, predicted=[1] * 20)
    of_none, of_wrong, _ = judge_classes(wrong, ())
    assert (of_none.title, of_none.reasons) == ("a (0 of 0 right)", ("no sample was explained for it",))
    assert (of_wrong.title, of_wrong.stretches) == ("b (9 of 20 right)", ())
    assert of_wrong.reasons == ("the network gets most of these samples wrong",)


def test_two_classes_that_are_mixed_up_are_not_named() -> None:
    rng = np.random.default_rng(3)
    label, predicted = [0] * 30 + [1] * 30, [0] * 16 + [1] * 14 + [0] * 13 + [1] * 17
    relevance = np.concatenate([draw(680, samples=30), draw(560, samples=30)])[rng.permutation(60)]
    mixed = build_dataset(relevance, predicted, label=label, predicted=predicted)
    for finding, other in zip(judge_classes(mixed, ())[:2], "ba", strict=True):
        # 16 of 30 and 17 of 30
        assert finding.reasons == (
            f"the network does not tell it from {other}: of their samples that it takes for one of the two "
            "55 % are right",
        )
    told = [0] * 25 + [1] * 5 + [0] * 5 + [1] * 25
    dataset = build_dataset(relevance, told, label=label, predicted=told)
    assert measure_confusion(0, 1, dataset) is None
    assert not any("tell it from" in str(finding.reasons) for finding in judge_classes(dataset, ()))


def test_relevance_against_others_says_where_and_the_samples_are_those_that_were_explained() -> None:
    explained = build_dataset(draw(560), [1] * 20, label=[1] * 18 + [0] * 2, predicted=[1] * 20)
    compared = build_dataset(draw(800, samples=10), [1] * 10)
    finding = judge(explained, compared=compared)
    assert finding.title == "b (18 of 20 right)"
    assert finding.stretches[0].peak_nm == pytest.approx(800, abs=6)


def test_a_class_that_the_network_mostly_misses() -> None:
    # 8 of 8 that it takes for b are right, and 12 more of b go to a and c
    label = [1] * 20 + [0] * 20
    predicted = [1] * 8 + [0, 2] * 6 + [0] * 20
    data = build_dataset(draw(680, samples=40), predicted, label=label, predicted=predicted)
    _, finding, _ = judge_classes(data, ())
    assert finding.title == "b (8 of 8 right)"
    assert finding.reasons == ("the network finds 8 of 20 samples of the class",)


def test_of_a_class_that_is_asked_for_its_own_samples_count() -> None:
    # relevance for b of all samples: those of a speak against it
    relevance = draw(680, samples=40)
    relevance[20:] *= -1
    label = [1] * 20 + [0] * 20
    (finding,) = judge_classes(build_dataset(relevance, [1] * 40, label=label, predicted=label), ())
    assert finding.title == "b (20 of 20 right)"
    assert finding.stretches[0].peak_nm == pytest.approx(680, abs=6)


def test_samples_of_one_plant_say_nothing_of_others() -> None:
    data = sample_spectra(build_dataset(draw(680), [1] * 20))
    one = judge(data.assign_coords(group=("sample", [3] * 20)))
    assert one.stretches == ()
    assert one.reasons == (
        "all samples are of one plant, field or square, so that nothing is known of others",
    )
    # two plants that differ by 60 % of their mean: t is 12.7
    uneven = draw(680) * np.repeat([1.6, 0.4], 10)[:, None, None, None]
    two = sample_spectra(build_dataset(uneven, [1] * 20)).assign_coords(group=("sample", [3] * 10 + [4] * 10))
    assert judge(two).reasons == (
        "no stretch of the spectrum has relevance above its own noise, as far as its samples of 2 groups "
        "tell",
    )
    four = judge(data.assign_coords(group=("sample", [3, 4, 5, 6] * 5)))
    assert (four.reasons, four.stretches[0].peak_nm) == ((), pytest.approx(680, abs=6))


def test_a_patch_that_is_mostly_background_holds_more_there_for_sure() -> None:
    soil = ~LEAF
    soil[0] = False  # 17 of 49 pixels, of 24 of the background
    data = build_dataset(draw(680, soil, noise=0.001), [1] * 20)
    data["patch"][...] = 0.2
    data["patch"][:, :, 2:5, 2:5] = np.where(NM > 720, 0.45, 0.05)[:, None, None]
    assert any("lies on the background" in reason for reason in judge(data).reasons)


def test_relevance_on_the_background_comes_first() -> None:
    stripe = np.zeros((SIDE, SIDE), dtype=bool)
    stripe[:, 0] = True
    reason, ring = judge(build_dataset(draw(680, stripe), [1] * 20)).reasons
    assert "of the relevance lies on the background (NDVI up to 0." in reason
    assert reason.endswith("49 % of the pixels")
    assert "outermost ring of the patch, 49 % of the pixels" in ring


def test_soil_round_a_pixel_of_soil_is_no_background() -> None:
    dataset = build_dataset(draw(680, ~LEAF), [1] * 20)
    dataset["patch"][..., 3, 3] = 0.2  # the pixel that the windows are cut round
    reasons = judge(dataset).reasons
    assert not any("background" in reason for reason in reasons)


def test_one_band_alone_is_an_artefact() -> None:
    relevance = draw(680, noise=0.001)
    relevance[:, 3] += 4 * LEAF / LEAF.sum()
    (reason,) = judge(build_dataset(relevance, [1] * 20)).reasons
    assert reason.endswith("of the relevance lies in one band, 536.0 nm: an artefact?")


def test_noise_is_not_named() -> None:
    noise = np.random.default_rng(5).normal(0, 1, (20, BANDS, SIDE, SIDE)) - 0.001
    noise -= noise.mean((0, 2, 3), keepdims=True)
    assert judge(build_dataset(noise, [1] * 20)).reasons == (
        "no stretch of the spectrum has relevance above its own noise",
    )


def test_what_random_weights_give_is_not_named() -> None:
    dataset = build_dataset(draw(680), [1] * 20)
    assert judge(dataset, floors={1: 100.0}).reasons == (
        "its relevance is no larger than what a network of random weights gives",
    )
    assert judge(dataset, floors={0: 100.0}).stretches


@pytest.mark.parametrize(("reference", "what"), [("zero", "output"), ("mean", "output difference")])
def test_relevance_that_does_not_arrive(reference: str, what: str) -> None:
    dataset = build_dataset(draw(680), [1] * 20).assign_attrs(reference=reference)
    # half of 20 samples speak against their class: 10 * 1 + 10 * 1 of 20 * 2.5 arrives, and nothing cancels
    signs = np.where(np.arange(20) % 2, 1.0, -1.0)
    dataset["explained"], dataset["arrived"] = ("sample", 2.5 * signs), ("sample", signs)
    assert judge(dataset).reasons == (f"only 40 % of the {what} arrives at the bands",)
    # exactly half is enough
    dataset["explained"] = ("sample", 2 * signs)
    assert judge(dataset).reasons == ()


def test_the_share_that_arrives_by_hand() -> None:
    dataset = xr.Dataset({"explained": ("sample", [4.0, -1.0, np.nan, 0.0])})
    assert measure_arrival(dataset) is None
    # (3 - 1 + 0) / (4 + 1): of the second sample the opposite arrives
    assert measure_arrival(dataset.assign(arrived=("sample", [3.0, 1.0, np.nan, 2.0]))) == pytest.approx(0.4)
    nothing = xr.Dataset({"explained": ("sample", [0.0]), "arrived": ("sample", [0.0])})
    assert measure_arrival(nothing) is None


def test_a_doubt_about_the_network_holds_for_each_class() -> None:
    findings = judge_classes(build_dataset(draw(680), [0, 2] * 10), (), doubt="it is at chance")
    assert [(finding.number, finding.reasons) for finding in findings] == [
        (0, ("it is at chance",)),
        (1, ("it is at chance", "no sample was explained for it")),
        (2, ("it is at chance",)),
    ]


def test_shares_by_hand() -> None:
    relevance = np.zeros((2, BANDS, SIDE, SIDE))
    relevance[:, 4, 3, 3], relevance[0, 5, 0, 0], relevance[1, 5, 0, 0] = 3.0, 2.0, -2.0
    relevance[:, 6, 0, 6] = -1.0
    shares = measure_shares(sample_spectra(build_dataset(relevance, [1, 1])))
    # band 5 cancels between the samples; band 6 counts by its size
    assert {area: share for area, (share, _) in shares.items()} == {
        "centre": 0.75, "ring 1": 0.0, "ring 2": 0.0, "border": 0.25, "plant": 0.75, "background": 0.25,
    }  # fmt: skip
    assert shares["border"][1] == pytest.approx(24 / 49)
    assert shares["centre"][1] == pytest.approx(1 / 49)
