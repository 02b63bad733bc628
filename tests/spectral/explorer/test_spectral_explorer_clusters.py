import numpy as np
import pytest

from lrprism.spectral.explorer.clusters import build_profiles, find_clusters
from lrprism.spectral.simulate import planted_patches


@pytest.mark.parametrize("count", [2, 3, 5])
def test_groups_apart_are_found_and_numbered_by_their_size(count: int) -> None:
    random = np.random.default_rng(0)
    truth = np.repeat(np.arange(count), 60 - 8 * np.arange(count))
    points = 20 * np.eye(count)[truth] + random.normal(size=(len(truth), count))
    shuffled = random.permutation(len(truth))
    clusters = find_clusters(points[shuffled])
    assert clusters.count == count
    assert clusters.members.tolist() == truth[shuffled].tolist()
    # each part of the graph that is joined to no other has an eigenvalue of 0
    assert (np.abs(clusters.eigenvalues[:count]) < 1e-9).all()
    assert clusters.eigenvalues[count] > 0.01


def test_more_samples_than_the_graph_holds_join_the_nearest() -> None:
    random = np.random.default_rng(0)
    truth = random.integers(0, 2, 1500)
    clusters = find_clusters(9.0 * truth[:, None] + random.normal(size=(1500, 3)))
    first = truth[np.flatnonzero(clusters.members == 0)[0]]
    assert clusters.count == 2
    assert ((clusters.members == 0) == (truth == first)).all()


def test_one_cluster_of_few_samples() -> None:
    clusters = find_clusters(np.random.default_rng(0).normal(size=(19, 3)))
    assert clusters.count == 1
    assert clusters.eigenvalues.size == 0
    assert find_clusters(np.zeros((30, 4))).members.shape == (30,)


def test_profiles_compare_how_relevance_lies_and_not_how_much() -> None:
    # 3, 4 has length 5; the map of 4 x 4 pixels is its own blocks, of 10 x 10 each 2 x 2 pixels make one
    profiles = build_profiles([[3.0, 4.0], [0.0, 0.0]])
    np.testing.assert_allclose(profiles, [[0.6, 0.8], [0, 0]])
    maps = np.kron(np.arange(25.0).reshape(5, 5), np.ones((2, 2)))[None]
    profiles = build_profiles([[1.0, 0.0]], maps)
    np.testing.assert_allclose(profiles[0, 2:], np.arange(25) / np.linalg.norm(np.arange(25)))
    assert build_profiles([[1.0]], np.ones((1, 1, 1))).shape == (1, 1)


def test_a_planted_artefact_is_its_own_cluster() -> None:
    data = planted_patches(train=300, validation=20, test=200, bands=30, depth=1.0, confounder="stripe")
    x = data.x.reshape(len(data.x), -1).astype(np.float64)
    train, test = data.rows("train"), data.rows("test")
    centre = x[train].mean(axis=0)
    # a linear network of one output, "class 0 or not", by ridge regression
    inputs, wanted = x[train] - centre, (data.y[train] == 0) - np.mean(data.y[train] == 0)
    kernel = inputs @ inputs.T
    ridge = 1e-2 * np.trace(kernel) / len(kernel) * np.eye(len(kernel))
    weights = inputs.T @ np.linalg.solve(kernel + ridge, wanted)
    # its relevance against the mean of the training is w (x - mean)
    relevance = (weights * (x[test] - centre)).reshape(len(test), *data.x.shape[1:])
    profiles = build_profiles(relevance.sum(axis=(2, 3)), relevance.sum(axis=1))
    clusters = find_clusters(profiles)
    confounded = data.truth.confounded[test]
    share = [confounded[clusters.members == number].mean() for number in range(clusters.count)]
    # each cluster is with the artefact or without, and both are there
    assert all(value < 0.05 or value > 0.95 for value in share)
    assert min(share) < 0.05
    assert max(share) > 0.95
