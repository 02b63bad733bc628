"""Sums over samples that share an explained output, a true and a predicted class, and a cluster."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lrprism.spectral.explorer.clusters import find_clusters
from lrprism.spectral.explorer.encoding import encode_rows, pack

Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating[Any]]
_LEVELS: Final = 32767


@dataclass(frozen=True, eq=False)
class ItemFacts:
    """What is known of each sample that a page shows, beside its relevance.

    Args:
        target: The explained output.
        label: The true class, -1 where it is not known.
        predicted: The predicted class, -1 of a trait.
        output: The explained output's value.
        explained: What is explained of it: with a reference its difference from that of the reference.
    """

    target: Numbers
    label: Numbers
    predicted: Numbers
    output: Floats
    explained: Floats


def cluster_targets(target: Numbers, profiles: Floats) -> tuple[Numbers, list[dict[str, Any]]]:
    """Find the clusters of the samples of each explained output.

    Args:
        target: The explained output of each sample.
        profiles: What stands for each sample, from :func:`~.clusters.build_profiles`.

    Returns:
        The number of the cluster of each sample, counted over all outputs; for each cluster its output, and
        the eigenvalues that tell how many there are.
    """
    members = np.zeros(len(target), dtype=np.int64)
    listed: list[dict[str, Any]] = []
    for output in np.unique(target):
        chosen = target == output
        clusters = find_clusters(profiles[chosen])
        members[chosen] = clusters.members + len(listed)
        eigenvalues = [round(float(value), 4) for value in clusters.eigenvalues]
        listed += [{"target": int(output), "eigenvalues": eigenvalues}] * clusters.count
    return members, listed


def describe_groups(
    facts: ItemFacts, profiles: Floats, spectra: Floats, inputs: Floats, maps: Floats | None = None
) -> dict[str, Any]:
    """Return the clusters of each explained output, and the means over cells of the table and clusters.

    Args:
        facts: What is known of the samples.
        profiles: What stands for each sample, from :func:`~.clusters.build_profiles`.
        spectra: Relevance, ``[sample, band]``.
        inputs: The data, ``[sample, band]``.
        maps: Relevance summed over the bands, ``[sample, y, x]``, of patches.

    Returns:
        ``cluster``, the cluster of each sample, packed; ``clusters``, what is known of each; ``cells`` and
        ``means``, the :func:`list_means` of samples that share output, true and predicted class, and of
        those that share a cluster; ``maps``, the mean map of each cluster, None where there are none.
    """
    cluster, clusters = cluster_targets(facts.target, profiles)
    cells = np.stack([facts.target, facts.label, facts.predicted], axis=1)
    return {
        "cluster": pack(cluster.astype(np.int32)),
        "clusters": clusters,
        "cells": list_means(cells, spectra, inputs),
        "means": list_means(cluster[:, None], spectra, inputs),
        "maps": None if maps is None else _average_maps(maps, cluster),
    }


def list_means(keys: Numbers, spectra: Floats, inputs: Floats) -> dict[str, Any]:
    r"""Return the mean relevance and the mean input of samples that share a key.

    A page joins them to the mean over a class,

    .. math:: \bar R_b = \sum_g n_g \bar R_{gb} \Big/ \sum_g n_g

    Each number is exact to 1 in 65,534 of the largest of its mean.

    Args:
        keys: The key of each sample, ``[sample, part]``.
        spectra: Relevance, ``[sample, band]``.
        inputs: The data, ``[sample, band]``.
    """
    names, group = np.unique(keys, axis=0, return_inverse=True)
    group = group.reshape(-1)  # some versions of numpy keep an axis more
    count = np.bincount(group, minlength=len(names))
    means = [_average(values, group, count) for values in (spectra, inputs)]
    return {
        "keys": names.tolist(),
        "count": count.tolist(),
        "relevance": encode_rows(means[0], _LEVELS).to_json(),
        "input": encode_rows(means[1], _LEVELS).to_json(),
    }


def _average_maps(maps: Floats, cluster: Numbers) -> dict[str, Any]:
    flat = maps.reshape(len(maps), -1)
    return encode_rows(_average(flat, cluster, np.bincount(cluster)), _LEVELS).to_json()


def _average(values: Floats, group: Numbers, count: Numbers) -> Floats:
    order = np.argsort(group, kind="stable")
    starts = np.cumsum(count) - count
    mean: Floats = np.add.reduceat(values[order].astype(np.float64), starts, axis=0) / count[:, None]
    return mean
