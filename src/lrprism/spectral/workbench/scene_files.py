"""The files of several scenes: their cubes, their labels, and the ones that test the network."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lrprism.errors import InputError
from lrprism.spectral.io.labels.vector import VECTOR_ENDINGS
from lrprism.spectral.io.sample_registry import find_sample_format
from lrprism.spectral.workbench.sources import INDIAN_PINES
from lrprism.spectral.workbench.split_settings import SCENES, SplitSettings


@dataclass(frozen=True)
class SceneFile:
    """A scene among several.

    Args:
        source: The path of its cube, or ``"indian-pines"``.
        labels: The path of its labels; None for ``"indian-pines"``, which has its own.
        is_test: Whether all of it tests the network, which learns from the others.
    """

    source: str
    labels: str | None = None
    is_test: bool = False


def pair_labels(
    sources: Sequence[str],
    labels: Sequence[str],
    tests: Sequence[str] = (),
    test_labels: Sequence[str] = (),
) -> tuple[SceneFile, ...]:
    """Give each scene its labels, in their order.

    Args:
        sources: The data; several only of scenes.
        labels: A label file for each scene; or one of polygons or points for all of them.
        tests: Scenes to test on.
        test_labels: Their labels; may be left out where one file of polygons or points is of all scenes.

    Returns:
        The scenes, those to test on last.

    Raises:
        InputError: If the numbers differ, a scene occurs twice, or data without a place are among several.
    """
    if not tests and test_labels:
        raise InputError(
            f"--test-labels should come with scenes to test on. Found {', '.join(test_labels)} alone. Give "
            "--test SCENE, or --split scenes to test on each scene in turn."
        )
    # one scene, spectra or patches: their labels may lie in the file itself
    if len(sources) == 1 and not tests and len(labels) <= 1:
        return (SceneFile(sources[0], labels[0] if labels else None),)
    _check_scenes([*sources, *tests])
    if tests and not test_labels and len(labels) == 1 and _is_vector(labels[0]):
        test_labels = labels
    return (
        *(SceneFile(*pair) for pair in _pair(sources, labels, "--labels")),
        *(SceneFile(*pair, is_test=True) for pair in _pair(tests, test_labels, "--test-labels")),
    )


def _check_scenes(sources: Sequence[str]) -> None:
    """Refuse a scene that occurs twice, and data without a place.

    Raises:
        InputError: If there are any.
    """
    for position, source in enumerate(sources):
        twins = [earlier for earlier in sources[:position] if is_same_file(source, earlier)]
        if twins:
            raise InputError(
                f"each scene should be given once. Found '{source}' and '{twins[0]}', which are one. Leave "
                "one out."
            )
        if source != INDIAN_PINES and Path(source).exists() and find_sample_format(source) is not None:
            raise InputError(
                f"several data should all be scenes. Found '{source}', which holds spectra or patches. Train "
                "on it alone, or join such files into one."
            )


def is_same_file(path: str, other: str) -> bool:
    """Return True if two names stand for one file.

    Args:
        path: The first.
        other: The second.
    """
    if path == other:
        return True
    return Path(path).exists() and Path(other).exists() and Path(path).samefile(other)


def _pair(sources: Sequence[str], labels: Sequence[str], option: str) -> list[tuple[str, str | None]]:
    """Return each scene with its labels.

    Raises:
        InputError: If there are not as many labels as scenes that need them.
    """
    bare = [source for source in sources if source != INDIAN_PINES]
    if len(labels) == 1 and _is_vector(labels[0]):
        labels = [labels[0]] * len(bare)
    if len(labels) != len(bare):
        raise InputError(
            f"{option} should name a label file for each scene, in their order: {', '.join(bare) or 'none'}. "
            f"Found {len(labels)} for {len(bare)}: {', '.join(labels) or 'none'}. Give one for each, or one "
            f"file of polygons or points for all ({', '.join(VECTOR_ENDINGS)})."
        )
    files = iter(labels)
    return [(source, None if source == INDIAN_PINES else next(files)) for source in sources]


def _is_vector(path: str) -> bool:
    # a csv of points may hold rows and columns, which mean another place in each scene
    return Path(path).suffix.lower() in VECTOR_ENDINGS


def check_scene_options(
    others: Sequence[SceneFile], split: SplitSettings, seeds: int, resample: bool
) -> None:
    """Check that the options of several scenes go together.

    Args:
        others: The scenes besides the first.
        split: The way the samples are dealt out.
        seeds: Number of seeds.
        resample: Whether scenes are averaged to the wavelengths of the first.

    Raises:
        InputError: If they do not.
    """
    tests = [file.source for file in others if file.is_test]
    if tests and (split.scheme is not None or split.groups is not None):
        raise InputError(
            f"scenes to test on should leave nothing to split but a validation part. Found "
            f"{split.scheme or '--groups'} with --test {' '.join(tests)}. Leave --split and --groups out, or "
            "name these scenes among the others."
        )
    if split.scheme == SCENES and not others:
        raise InputError(
            "--split scenes should get several scenes, of which each is tested once. Found one. Name more "
            "with the labels of each, or split it by blocks."
        )
    if split.scheme == SCENES and seeds > 1:
        raise InputError(
            f"--split scenes should get one seed: it trains once for each scene. Found {seeds}. Leave "
            "--seeds out, and repeat the command with other --seed."
        )
    if resample and not others:
        raise InputError(
            "--resample should come with several scenes: later ones get the wavelengths of the first. Found "
            "one. Leave it out, or name more scenes."
        )


def name_scenes(sources: Sequence[str]) -> tuple[str, ...]:
    """Return a short name for each scene: that of its file without ending; its path where two share one.

    Args:
        sources: Paths of the scenes.
    """
    stems = [Path(source).stem for source in sources]
    return tuple(
        stem if stems.count(stem) == 1 else Path(source).as_posix()
        for stem, source in zip(stems, sources, strict=True)
    )
