"""What a run of several scenes writes about each of them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from lrprism.spectral.training.tasks.task import AbstractScores
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.record import find_beside
from lrprism.spectral.workbench.scene_files import SceneFile
from lrprism.spectral.workbench.sources import Samples

TABLE: Final = "scenes.csv"
MEAN: Final = "mean"


def describe_scenes(
    folder: Path, files: Sequence[SceneFile], record: Mapping[str, Any], samples: Samples, resample: bool
) -> dict[str, Any]:
    """Return the parts of ``run.json`` that name several scenes in the place of one.

    Args:
        folder: The run folder.
        files: The scenes.
        record: The record of the run, as of one scene.
        samples: The samples of all scenes.
        resample: Whether scenes of other bands were averaged to the wavelengths of the first.
    """
    assert samples.places is not None
    # None for data that come with a package
    paths = {
        "source": [find_beside(file.source, folder) for file in files],
        "labels": [file.labels and find_beside(file.labels, folder) for file in files],
    }
    described = zip(samples.places.names, samples.scenes, files, strict=True)
    return {
        "source": [file.source for file in files],
        "paths": {**record["paths"], **paths},
        "preparation": {**record["preparation"], "labels": [file.labels for file in files]},
        "scene_tests": {},
        "resample": resample,
        "scenes": [
            {
                "name": name,
                "pixels": member.scene.labels.size,
                "labelled": len(member.numbers),
                "is_test": file.is_test,
                "sha256": member.hash,
            }
            for name, member, file in described
            if member.scene is not None
        ],
    }


def score_scenes(
    samples: Samples,
    test: Numbers,
    whole: AbstractScores,
    score: Callable[[Numbers], AbstractScores],
    known: Collection[str] = (),
) -> dict[str, dict[str, Any]]:
    """Return the record of the metrics of each scene with test samples.

    Args:
        samples: The samples of all scenes.
        test: The samples of the test part.
        whole: The metrics on all of them.
        score: Tests a network on some samples.
        known: Scenes that were tested before, by the network that the run keeps; they are left out.
    """
    assert samples.places is not None
    scene = samples.places.find_scene(test)
    tested = [number for number in np.unique(scene) if samples.places.names[number] not in known]
    pieces = {samples.places.names[number]: test[scene == number] for number in tested}
    return {
        name: {"samples": len(numbers), **asdict(whole if len(numbers) == len(test) else score(numbers))}
        for name, numbers in pieces.items()
    }


def tabulate_scenes(scores: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return a row for each scene and one for their mean, in which each scene counts alike.

    Args:
        scores: The record of the metrics of each scene, with the number of its ``samples``.

    Returns:
        The columns scene, classes (the number that occur; in the mean, those that all scenes have), samples,
        and each metric that is a single number.
    """
    occurring = [_list_occurring(score) for score in scores.values()]
    rows = [
        {
            "scene": name,
            "classes": len(classes),
            **{key: value for key, value in score.items() if not isinstance(value, (list, tuple))},
        }
        for (name, score), classes in zip(scores.items(), occurring, strict=True)
    ]
    table = pd.DataFrame(rows)
    numbers = table.drop(columns="scene").astype(float)
    shared = {"samples": numbers["samples"].sum(), "classes": len(set.intersection(*occurring))}
    mean = pd.DataFrame([{"scene": MEAN, **numbers.mean(), **shared}])
    return pd.concat([table, mean], ignore_index=True).astype({"samples": int, "classes": int})


def note_uneven_classes(scores: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Say where macro F1 is a mean over other classes in each scene.

    Args:
        scores: The record of the metrics of each scene.
    """
    occurring = [_list_occurring(score) for score in scores.values()]
    shared = set.intersection(*occurring)
    if all(classes == shared for classes in occurring):
        return []
    counts = ", ".join(f"{len(classes)} in {name}" for name, classes in zip(scores, occurring, strict=True))
    return [
        f"Note: macro F1 of a scene is over the classes of its own test samples ({counts}; {len(shared)} in "
        "all): the scenes and their mean do not compare like with like."
    ]


def _list_occurring(score: Mapping[str, Any]) -> set[int]:
    """Return the numbers of the classes that the test samples of a scene are of."""
    return {number for number, row in enumerate(score["confusion"]) if sum(row)}
