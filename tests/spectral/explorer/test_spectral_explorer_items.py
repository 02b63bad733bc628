import numpy as np

from lrprism.spectral.explorer.items import pack_items, read_facts, thin_out_items
from made_up_results import make_samples, unpack


def test_samples_are_thinned_out_evenly() -> None:
    numbers = np.arange(10, 110)
    assert thin_out_items(numbers, 5, 500).tolist() == numbers.tolist()
    assert thin_out_items(numbers, 5, 499).tolist() == [*range(10, 60), *range(61, 110)]
    assert thin_out_items(numbers, 5, 25).tolist() == [10, 35, 60, 84, 109]
    assert thin_out_items(numbers, 5, 0).tolist() == [10]


def test_the_explained_output() -> None:
    samples = make_samples()
    target = samples["target"].values
    by_hand = [samples["output"].values[number, target[number]] for number in range(len(target))]
    np.testing.assert_array_equal(read_facts(samples, samples["label"].values).output, by_hand)
    # one logit of two classes: class 1 where it is positive
    single = samples.isel(output=0) if "output" in samples.dims else samples
    single = single.assign(output=(("sample", "logit"), samples["output"].values[:, :1]))
    target = np.arange(len(target)) % 2
    single["target"] = ("sample", target)
    np.testing.assert_array_equal(
        read_facts(single, samples["label"].values).output,
        np.where(target, 1, -1) * samples["output"].values[:, 0],
    )


def test_columns_of_the_samples() -> None:
    samples = make_samples()
    facts = read_facts(samples, samples["label"].values)
    spectra = samples["relevance"].values.sum(axis=(2, 3))
    columns = pack_items(facts, spectra, {"number": np.arange(len(spectra))})
    assert unpack(columns["predicted"], "<i4").tolist() == samples["predicted"].values.tolist()
    arrived = unpack(columns["positive"], "<f4") + unpack(columns["negative"], "<f4")
    np.testing.assert_allclose(arrived, spectra.sum(axis=1), atol=2e-3 * np.abs(spectra).sum(axis=1).max())


def test_a_trait_has_no_predicted_class() -> None:
    samples = make_samples().assign_attrs(task="regression")
    assert set(read_facts(samples, samples["label"].values).predicted) == {-1}
