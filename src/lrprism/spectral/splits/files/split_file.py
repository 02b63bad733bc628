"""Splits of other people as published, so that results can be compared."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lrprism.spectral.splits.files.sample_set import SampleSet
from lrprism.spectral.splits.files.split_parts import read_parts
from lrprism.spectral.splits.split import Split, coverage_table, note_missing_classes


def read_split(
    path: str | PathLike[str],
    labels: npt.ArrayLike,
    *,
    test_path: str | PathLike[str] | None = None,
    class_names: Sequence[str] | None = None,
) -> Split:
    """Read a split out of one file, or out of one file for each part.

    One file may be

    - ``.csv``: a row per sample, with a column ``part`` (train, validation or test) and a column ``sample``
      or, for a scene, ``row`` and ``column``: the ``split.csv`` of a training run;
    - ``.npz`` or ``.mat``: arrays ``train``, ``test`` and perhaps ``validation``, or ``TR`` and ``TE``, or
      ``train_indices`` and ``test_indices``, in any case;
    - a map of the scene, 1 = train, 2 = test, 0 = neither: ``.npy``, ``.mat``, GeoTIFF, ENVI or ``.txt``.

    Of two files, each may hold the numbers of the samples (``.npy``, ``.npz``, ``.mat``, ``.csv``, ``.txt``)
    or a label map, nonzero where in that part, as Houston 2013 is given. Numbers count from 0; those of
    pixels are row * width + column. Whether the windows of a scene leak is for :func:`leakage` to say.

    Args:
        path: The file, or that of the training part.
        labels: Labels of the data: ``[y, x]`` of a scene, 0 where unlabelled, else 1 + the class; or
            ``[sample]`` of a patch set, the class from 0.
        test_path: The file of the test part, if it is another.
        class_names: Name of each class, class 0 first; by default ``labels.attrs["class_names"]``, else
            "class 0", "class 1", ...

    Returns:
        The split; its notes say how many labelled samples are in no part and which classes are not in both.

    Raises:
        DataError: If a file is damaged or of another shape; a number is out of range, of an unlabelled
            sample, twice in a part or in two parts; or training or test part is empty.
    """
    samples = SampleSet.from_labels(labels, class_names)
    parts = read_parts(Path(path), None if test_path is None else Path(test_path), samples)
    train, test = parts["train"], parts["test"]
    validation = parts.get("validation", np.empty(0, dtype=np.int64))
    # coverage counts all labelled samples, those in no part too
    table = coverage_table(samples.classes, train, test, samples.class_names, validation)
    unused = int(np.sum(samples.classes >= 0)) - len(train) - len(test) - len(validation)
    note = f"split of {Path(path).name}: {unused} labelled {samples.noun}s are in no part"
    return note_missing_classes(Split(train, test, table, (note,), validation))
