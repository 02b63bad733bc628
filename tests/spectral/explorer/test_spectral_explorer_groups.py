import numpy as np

from lrprism.spectral.explorer.groups import ItemFacts, cluster_targets, describe_groups, list_means
from made_up_results import decode, unpack


def test_means_of_samples_that_share_a_key() -> None:
    # keys 1, 0, 1, 2: the first and the third are one group, (1 + 3) / 2 and (10 + 30) / 2
    values = np.array([[1.0, 10.0], [5.0, 6.0], [3.0, 30.0], [7.0, -8.0]])
    means = list_means(np.array([[1], [0], [1], [2]]), values, 2 * values)
    assert means["keys"] == [[0], [1], [2]]
    assert means["count"] == [1, 2, 1]
    np.testing.assert_allclose(decode(means["relevance"]), [[5, 6], [2, 20], [7, -8]], atol=6e-3)
    np.testing.assert_allclose(decode(means["input"]), [[10, 12], [4, 40], [14, -16]], atol=1.2e-2)


def test_clusters_are_counted_over_all_outputs() -> None:
    random = np.random.default_rng(0)
    target = np.repeat([0, 2], [60, 40])
    # those of output 0 fall into two groups, those of output 2 are one
    profiles = random.normal(size=(100, 3)) + 20 * (np.arange(100) < 25)[:, None]
    cluster, clusters = cluster_targets(target, profiles)
    assert [entry["target"] for entry in clusters] == [0, 0, 2]
    assert cluster.tolist() == [1] * 25 + [0] * 35 + [2] * 40


def test_cells_and_clusters_have_their_means() -> None:
    random = np.random.default_rng(0)
    target, label = random.integers(0, 2, 30), random.integers(-1, 2, 30)
    spectra = random.normal(size=(30, 4))
    facts = ItemFacts(target, label, target, spectra[:, 0], spectra[:, 0])
    groups = describe_groups(facts, spectra, spectra, spectra)
    assert len(unpack(groups["cluster"], "<i4")) == 30
    assert sum(groups["cells"]["count"]) == sum(groups["means"]["count"]) == 30
    for key, mean in zip(groups["cells"]["keys"], decode(groups["cells"]["relevance"]), strict=True):
        chosen = (target == key[0]) & (label == key[1]) & (target == key[2])
        np.testing.assert_allclose(mean, spectra[chosen].mean(axis=0), atol=1e-3)


def test_the_mean_map_of_each_cluster() -> None:
    random = np.random.default_rng(0)
    maps = random.normal(size=(40, 2, 3))
    target = np.repeat([0, 1], [30, 10])
    facts = ItemFacts(target, target, target, maps[:, 0, 0], maps[:, 0, 0])
    # apart by their profiles: the first 15 of class 0, its last 15, and the few of class 1
    profiles = random.normal(size=(40, 3)) + 20 * (np.arange(40) < 15)[:, None]
    groups = describe_groups(facts, profiles, maps[:, 0], maps[:, 0], maps)
    cluster = unpack(groups["cluster"], "<i4")
    assert len(set(cluster)) == 3
    expected = [maps[cluster == number].mean(axis=0).ravel() for number in range(3)]
    np.testing.assert_allclose(decode(groups["maps"]), expected, atol=1e-3)
