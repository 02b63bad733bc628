"""The data that a network was trained on, opened again."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from lrprism.errors import DataError
from lrprism.spectral.workbench.joined_scenes import open_like, open_scenes
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.scene_labels import KnownClasses
from lrprism.spectral.workbench.sources import INDIAN_PINES, Samples, open_samples
from lrprism.spectral.workbench.trained_network import TrainedNetwork


def list_classes(trained: TrainedNetwork) -> KnownClasses:
    """Return the classes of the training: those of another scene may be fewer, and in another order.

    Args:
        trained: The network.
    """
    names = trained.record["class_names"]
    return KnownClasses(names, trained.record.get("class_codes", list(range(1, len(names) + 1))))


def open_training_data(trained: TrainedNetwork) -> Samples:
    """Open all data that a network was trained on.

    Args:
        trained: The network.

    Raises:
        DataError: If they cannot be read; or of several scenes, one holds other values or classes than in the
            training.
    """
    _check_in_place(trained)
    if trained.places is None:
        return open_samples(trained.source, trained.preparation)
    silent = Reporter(shows_progress=False)
    resample = trained.record["resample"]
    try:
        samples = open_scenes(trained.files, trained.preparation, resample=resample, reporter=silent)
    except DataError as error:
        # a scene that was replaced may contradict the others before its values are compared
        changed = list_changed(trained)
        if not changed:
            raise
        raise DataError(
            f"scenes should hold the data that the network was trained on. Found others in "
            f"{', '.join(changed)}: {error}"
        ) from error
    for member, scene in zip(samples.scenes, trained.record["scenes"], strict=True):
        if member.hash != scene["sha256"]:
            raise DataError(
                f"'{member.source}' should hold the data that the network was trained on. Found others. "
                "Restore the file, or train again."
            )
    if samples.class_names != trained.record["class_names"]:
        raise DataError(
            "labels of the scenes should be of the classes that the network was trained with: "
            f"{', '.join(trained.record['class_names'])}. Found {', '.join(samples.class_names)}. Restore "
            "the labels, or train again."
        )
    return samples


def _check_in_place(trained: TrainedNetwork) -> None:
    """Refuse to go on without the files of a training, and say how others are explained.

    Raises:
        DataError: If one is not where it was.
    """
    sources = [file.source for file in trained.files]
    gone = [source for source in sources if source != INDIAN_PINES and not Path(source).exists()]
    if gone:
        raise DataError(
            "the data that the network was trained on should be where they were. Found no file "
            f"{', '.join(map(repr, gone))}. Put it back, or explain it where it is now: lrprism explain "
            f"{trained.folder} NEW_PATH."
        )


def list_changed(trained: TrainedNetwork) -> list[str]:
    """Return the names of the scenes that cannot be read any more, or hold other values than in the training.

    Args:
        trained: A network of several scenes.
    """
    changed = []
    for number, scene in enumerate(trained.record["scenes"]):
        try:
            is_same = open_training_file(trained, number).hash == scene["sha256"]
        except DataError:
            is_same = False
        if not is_same:
            changed.append(str(scene["name"]))
    return changed


def open_training_file(trained: TrainedNetwork, number: int, source: str | None = None) -> Samples:
    """Open one of the files that a network was trained on, with its own labels.

    Args:
        trained: The network.
        number: Position of the file.
        source: Where the same data lie now; None for where they lay.

    Raises:
        DataError: If it cannot be read.
    """
    file = trained.files[number]
    if trained.places is None:
        return open_samples(source or file.source, trained.preparation)
    return open_like(
        source or file.source,
        replace(trained.preparation, labels=file.labels),
        np.array(trained.record["network"]["wavelength_nm"], dtype=np.float64),
        resample=trained.record["resample"],
        classes=list_classes(trained),
    )


def find_by_hash(trained: TrainedNetwork, samples: Samples) -> int | None:
    """Return the position of the file of the training that holds the same values, or None.

    Args:
        trained: The network.
        samples: The data.
    """
    scenes = trained.record.get("scenes")
    hashes = [trained.record["data_sha256"]] if scenes is None else [scene["sha256"] for scene in scenes]
    return hashes.index(samples.hash) if samples.hash in hashes else None
