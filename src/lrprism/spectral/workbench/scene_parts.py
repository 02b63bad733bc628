"""The training, validation and test part of the samples of several scenes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from lrprism.errors import DataError, InputError
from lrprism.spectral.splits import Leakage, Split, coverage_table
from lrprism.spectral.splits.split import note_missing_classes
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.parts import SampleParts, deal_samples, deal_training_part
from lrprism.spectral.workbench.per_class import limit_per_class, note_limit
from lrprism.spectral.workbench.sample_groups import group_samples
from lrprism.spectral.workbench.scene_notes import join_notes
from lrprism.spectral.workbench.sources import Samples
from lrprism.spectral.workbench.split_settings import POLYGON, SCENES, SplitSettings

_SAME_SCENES: Final = (
    "test samples lie in the same scenes as the training samples: how well the network does on another scene "
    "is not measured; --split scenes or --test measures it"
)


def deal_scenes(
    samples: Samples, settings: SplitSettings, window: int, seed: int, tests: Sequence[int] = ()
) -> SampleParts:
    """Deal samples out to training, validation and test part, each scene by itself.

    Args:
        samples: Samples of one scene or several, of spectra or patches.
        settings: The scheme and its numbers.
        window: Side of the windows in pixels.
        seed: Seed of everything drawn at random.
        tests: Scenes that are tested whole, by their positions; the network learns from the others.

    Raises:
        InputError: If the scheme is not one for such data.
        DataError: If a file cannot be read, a part would be empty, or a class is in the test scenes alone.
    """
    if samples.places is None:
        return deal_samples(samples, settings, window, seed)
    _check_one_for_each(settings, tests)
    if tests:
        check_test_classes(samples, [tests])
    # the limit is for all scenes together
    open_settings = replace(settings, per_class=None, scheme=None if tests else settings.scheme)
    parts: dict[str, SampleParts] = {}
    for number, (name, member) in enumerate(zip(samples.places.names, samples.scenes, strict=True)):
        if number not in tests:
            deal = deal_training_part if tests else deal_samples
            try:
                parts[name] = deal(member, open_settings, window, seed)
            except (DataError, InputError) as error:
                raise type(error)(f"In the scene '{name}', {error}") from error
    return _join(samples, parts, settings, seed, tests)


def check_test_classes(samples: Samples, folds: Sequence[Sequence[int]]) -> None:
    """Refuse test scenes with a class that no other scene has: a network cannot learn it.

    Args:
        samples: The samples of all scenes.
        folds: The scenes that are tested whole in each training, by their positions.

    Raises:
        DataError: If there is such a class.
    """
    assert samples.places is not None
    scene = samples.places.find_scene(samples.numbers)
    words: list[str] = []
    codes: set[int] = set()
    for tests in folds:
        is_test = np.isin(scene, tests)
        counts = [
            np.bincount(samples.labels[part], minlength=len(samples.class_names))
            for part in (is_test, ~is_test)
        ]
        strangers = np.flatnonzero((counts[0] > 0) & (counts[1] == 0))
        names = ", ".join(
            f"{samples.class_names[number]} ({counts[0][number]} samples)" for number in strangers
        )
        if names:
            words.append(f"{names} in {' and '.join(samples.places.names[number] for number in tests)} alone")
        codes |= {samples.class_codes[number] for number in strangers if samples.class_codes}
    if not words:
        return
    leave = f", for a map by --unlabelled 0,{','.join(map(str, sorted(codes)))}" if codes else ""
    raise DataError(
        f"classes of a test scene should occur in the scenes that the network learns from. Found "
        f"{'; '.join(words)}. Leave them out of the labels{leave}; or train on a scene that has them."
    )


def _check_one_for_each(settings: SplitSettings, tests: Sequence[int]) -> None:
    """Refuse files of one scene for several, and a split of scenes that are not split.

    Raises:
        InputError: If there are such.
    """
    for option, value in (("--split", settings.files), ("--groups", settings.groups)):
        if value and value != POLYGON:
            raise InputError(
                f"{option} should go with each of several scenes. Found a file, which is of one. Give "
                f"--split blocks or scenes, --groups {POLYGON}, or train on one scene."
            )
    if tests and settings.groups is not None:
        raise InputError(
            "--groups should divide scenes into parts. Found scenes that are tested whole. Leave it out."
        )


def _join(
    samples: Samples,
    parts: Mapping[str, SampleParts],
    settings: SplitSettings,
    seed: int,
    tests: Sequence[int],
) -> SampleParts:
    """Join the parts of the scenes that were divided, and the scenes that are tested whole."""
    places = samples.places
    assert places is not None

    def gather(part: str) -> Numbers:
        numbers = [
            getattr(dealt, part) + places.starts[places.names.index(name)] for name, dealt in parts.items()
        ]
        return np.concatenate(numbers)

    train, validation, test = gather("train"), gather("validation"), gather("test")
    if tests:
        test = samples.numbers[np.isin(places.find_scene(samples.numbers), tests)]
    split = _build_split(samples, train, validation, test, _join_notes(samples, parts, tests))
    if settings.per_class is not None:
        train = limit_per_class(train, samples.labels_of(train), settings.per_class, seed)
        split = note_limit(split, train, settings.per_class)
    overlaps = [(dealt.leakage, len(dealt.test)) for dealt in parts.values() if dealt.leakage is not None]
    scheme = SCENES if tests else next(iter(parts.values())).scheme
    groups = group_samples(samples, samples.numbers, settings)
    return SampleParts(train, validation, test, split, scheme, _join_leakage(overlaps), groups)


def _build_split(
    samples: Samples, train: Numbers, validation: Numbers, test: Numbers, notes: tuple[str, ...]
) -> Split:
    assert samples.all_labels is not None
    classes = samples.all_labels.values.astype(np.int64) - 1
    table = coverage_table(classes, train, test, samples.class_names, validation)
    return note_missing_classes(Split(train, test, table, notes, validation))


def _join_notes(samples: Samples, parts: Mapping[str, SampleParts], tests: Sequence[int]) -> tuple[str, ...]:
    """Return what the test says, and the notes on the scenes that were divided."""
    assert samples.places is not None
    notes = join_notes({name: dealt.split.notes for name, dealt in parts.items()})
    names = ", ".join(samples.places.names[number] for number in tests)
    lead = f"tested on whole scenes that the network has not seen: {names}" if tests else _SAME_SCENES
    return (lead, *notes)


def _join_leakage(overlaps: Sequence[tuple[Leakage, int]]) -> Leakage | None:
    """Return the shares over the test samples of all scenes, and the nearest distance in any of them."""
    if not overlaps:
        return None
    weights = [count for _, count in overlaps]
    return Leakage(
        overlapping=float(np.average([leakage.overlapping for leakage, _ in overlaps], weights=weights)),
        centres_seen=float(np.average([leakage.centres_seen for leakage, _ in overlaps], weights=weights)),
        nearest=min(leakage.nearest for leakage, _ in overlaps),
    )
