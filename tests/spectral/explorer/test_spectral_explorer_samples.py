import numpy as np

from lrprism.spectral.explorer.samples import describe_samples
from made_up_results import BANDS, SAMPLES, SIDE, decode, make_samples, unpack

NUMBERS = np.arange(100, 100 + SAMPLES)


def test_every_sample_within_the_stated_error() -> None:
    samples = make_samples()
    content = describe_samples(samples, NUMBERS, 1e6)
    exact = samples["relevance"].values.reshape(SAMPLES, -1)
    largest = np.abs(exact).max(axis=1, keepdims=True)
    assert (np.abs(decode(content["maps"]) - exact) / largest).max() <= content["maps"]["error"] + 3e-4
    spectra = samples["relevance"].values.astype(np.float64).sum(axis=(2, 3))
    np.testing.assert_allclose(decode(content["relevance"]), spectra, atol=3e-4 * np.abs(spectra).max())
    mean = samples["patch"].values.mean(axis=(2, 3))
    np.testing.assert_allclose(decode(content["input"]), mean, atol=3e-4)
    assert unpack(content["items"]["number"], "<i4").tolist() == NUMBERS.tolist()
    assert len(unpack(content["patches"]["rgb"], "<u1")) == SAMPLES * SIDE * SIDE * 3


def test_more_samples_than_a_page_holds() -> None:
    samples = make_samples()
    content = describe_samples(samples, NUMBERS, 1e6, most=6 * BANDS * (SIDE * SIDE + 6))
    assert content["counts"] == {
        "shown": 6, "total": SAMPLES, "which": "samples evenly spread over the classes",
    }  # fmt: skip
    shown = unpack(content["items"]["number"], "<i4") - 100
    assert (np.diff(shown) > 0).all()
    # every class that was explained is among them
    assert set(samples["target"].values[shown]) == set(samples["target"].values)


def test_measured_and_predicted_traits() -> None:
    samples = make_samples()
    random = np.random.default_rng(1)
    measured, predicted = random.normal(size=SAMPLES), random.normal(size=SAMPLES)
    samples = samples.drop_vars("label").assign_attrs(task="regression")
    samples = samples.assign(predicted=("sample", predicted), true=("sample", measured))
    items = describe_samples(samples, NUMBERS, 1e6)["items"]
    np.testing.assert_allclose(unpack(items["measured"], "<f4"), measured, rtol=2e-4)
    np.testing.assert_allclose(unpack(items["value"], "<f4"), predicted, rtol=2e-4)
    assert set(unpack(items["label"], "<i4")) == {-1}


def test_single_spectra_have_no_maps() -> None:
    samples = make_samples().isel(y=[0], x=[0])
    content = describe_samples(samples, NUMBERS, 1e6)
    assert content["maps"] is None
    exact = samples["relevance"].values[..., 0, 0]
    np.testing.assert_allclose(decode(content["relevance"]), exact, atol=3e-4 * np.abs(exact).max())
