"""Relevance of two sets of samples beside each other: two classes, two results, right against wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from lrprism.errors import DataError, InputError
from lrprism.spectral import plots
from lrprism.spectral.bands.class_codes import find_class, list_numbers, read_codes
from lrprism.spectral.bands.contrast import contrast_table
from lrprism.spectral.bands.pooling import pick_peaks
from lrprism.spectral.bands.statistics import RESOLUTION, sample_spectra
from lrprism.spectral.plots.contract import count_right, is_regression
from lrprism.spectral.plots.wavelength_axis import list_visible
from lrprism.spectral.runs import read_run, versions, write_json
from lrprism.spectral.runs.record import RUN_FILE
from lrprism.spectral.workbench.compared_doubts import ComparedMaps, name_worst
from lrprism.spectral.workbench.progress import Reporter

CONTRAST: Final = "contrast.csv"
_MOST: Final = 3


@dataclass(frozen=True)
class ComparisonSettings:
    """What is compared.

    Args:
        results: The results of ``lrprism explain``: one folder or two.
        classes: Of one folder, the names or numbers of two classes; of two, of one class or none.
        right_wrong: Of one folder, compare the samples that the network gets right with the others.

    Raises:
        InputError: If it is not clear what to compare.
    """

    results: tuple[str, ...]
    classes: tuple[str, ...] = ()
    right_wrong: bool = False

    def __post_init__(self) -> None:
        """Check that there are two sets.

        Raises:
            InputError: If it is not clear what to compare.
        """
        count, classes = len(self.results), len(self.classes)
        is_clear = (
            (count == 1 and classes == 2 and not self.right_wrong)
            or (count == 1 and classes <= 1 and self.right_wrong)
            or (count == 2 and classes <= 1 and not self.right_wrong)
        )
        if not is_clear:
            also = " and --right-wrong" if self.right_wrong else ""
            raise InputError(
                "a comparison should be of two classes of one result, --classes A,B; of the right and the "
                "wrong samples of one result, --right-wrong; or of two results, of all samples or of one "
                f"class. Found {count} results, {classes} classes{also}."
            )


def compare_into(folder: Path, settings: ComparisonSettings, reporter: Reporter) -> list[str]:
    """Write ``contrast.csv``, a figure and ``run.json`` into a folder.

    Args:
        folder: The folder; it must exist.
        settings: What is compared.
        reporter: Shows the progress.

    Returns:
        What was found, in words; first what speaks against reading it.

    Raises:
        DataError: If a folder holds no relevance, a class no sample, or the bands differ.
        InputError: If a class is unknown.
    """
    with reporter.step("reading the relevance"):
        maps = _read_maps(settings)
        sets = _choose_sets(settings, maps)
    (first_name, first), (second_name, second) = sets.items()
    table = contrast_table(first, second)
    table.to_csv(folder / CONTRAST, index=False)
    unit = str(first["positive"].attrs.get("units", ""))
    with reporter.step("drawing the figure"):
        figure = plots.relevance_contrast(
            *(table, (first_name, second_name), unit, name_worst(maps), list_visible(first)),
            [_count(name, spectra) for name, spectra in sets.items()],
        )
        files = plots.save(figure, folder / "figures", "contrast", dpi=200)
    counts = {name: each.sizes["sample"] for name, each in sets.items()}
    doubts = [line for each in maps for line in each.describe()]
    lines = [*doubts, *describe_contrast(table, counts, unit, float(first.attrs.get(RESOLUTION, 0)))]
    record = {
        "results": list(settings.results),
        "classes": list(settings.classes),
        "right_wrong": settings.right_wrong,
        "samples": counts,
        "doubts": doubts,
        "words": lines,
        "figures": [str(path.relative_to(folder)) for path in files],
    }
    write_json(folder / RUN_FILE, {"versions": versions(), "comparison": record})
    return lines


def _read_maps(settings: ComparisonSettings) -> list[ComparedMaps]:
    """Read the results, each with the numbers of the classes that are compared."""
    names = _name_results(settings.results) if len(settings.results) > 1 else [""]
    maps = []
    for name, path in zip(names, settings.results, strict=True):
        explanation, spectra = _read_spectra(Path(path))
        classes = tuple(_find_class(each, spectra) for each in settings.classes)
        maps.append(ComparedMaps(name, explanation, spectra, classes))
    return maps


def _read_spectra(folder: Path) -> tuple[Mapping[str, Any], xr.Dataset]:
    """Read the record of a folder, and its relevance summed over pixels.

    Raises:
        DataError: If it holds none, or none of classes.
    """
    record = read_run(folder)
    if "explanation" not in record or not (folder / "relevance.zarr").is_dir():
        raise DataError(
            f"'{folder}' should be the results of lrprism explain. Found {', '.join(record)} in its "
            "run.json. Explain samples first."
        )
    dataset = xr.open_zarr(folder / "relevance.zarr")
    if is_regression(dataset):
        raise DataError(
            f"'{folder}' should hold explained samples with their classes. Found traits, which have none. "
            "Compare the bands.csv of the results."
        )
    if "label" not in dataset.variables or "target" not in dataset.variables:
        raise DataError(
            f"'{folder}' should hold explained samples with their classes. Found maps of every pixel. "
            "Explain samples, without --every-pixel."
        )
    return record["explanation"], sample_spectra(dataset)


def _choose_sets(settings: ComparisonSettings, maps: list[ComparedMaps]) -> Mapping[str, xr.Dataset]:
    """Return the two sets by name.

    Raises:
        InputError: If a class is unknown.
        DataError: If a set has no sample.
    """
    if len(maps) == 2:
        chosen = {
            each.name: _take(each.spectra, each.spectra["target"] == each.classes[0])
            if each.classes
            else each.spectra
            for each in maps
        }
        return _check_sets(chosen, maps)
    only, numbers = maps[0].spectra, maps[0].classes
    if settings.right_wrong:
        subset = _take(only, only["target"] == numbers[0]) if numbers else only
        _check_labelled(subset, settings.results[0])
        is_right = subset["label"] == subset["predicted"]
        return _check_sets({"right": _take(subset, is_right), "wrong": _take(subset, ~is_right)}, maps)
    names = [str(only["class_name"].values[number]) for number in numbers]
    if numbers[0] == numbers[1]:
        raise InputError(f"two classes should be compared. Found {names[0]!r} twice.")
    return _check_sets({
        name: _take(only, only["target"] == number) for name, number in zip(names, numbers, strict=True)
    }, maps)  # fmt: skip


def _count(name: str, spectra: xr.Dataset) -> str:
    """Return the samples of a set in words, such as "oak: 11 of 35 right", or of right ones "right: 11"."""
    right, count = count_right(spectra), spectra.sizes["sample"]
    return (
        f"{name}: {count}"
        if right is None or name in {"right", "wrong"}
        else f"{name}: {right} of {count} right"
    )


def _check_labelled(spectra: xr.Dataset, folder: str) -> None:
    unknown = int((spectra["label"] < 0).sum())
    if unknown:
        raise DataError(
            f"samples of '{folder}' should have true classes, to tell right from wrong. Found {unknown} "
            "without. Leave out --right-wrong, and compare two classes with --classes."
        )


def _take(spectra: xr.Dataset, chosen: xr.DataArray) -> xr.Dataset:
    return spectra.isel(sample=np.flatnonzero(chosen.values))


def _find_class(name: str, spectra: xr.Dataset) -> int:
    names, codes = [str(each) for each in spectra["class_name"].values], read_codes(spectra.attrs)
    number = find_class(name, names, codes)
    if number is None:
        raise InputError(
            f"a class should be one of {', '.join(names)}, or {list_numbers(names, codes)}. Found '{name}'. "
            "Correct --classes."
        )
    return number


def _check_sets(sets: dict[str, xr.Dataset], maps: Sequence[ComparedMaps]) -> dict[str, xr.Dataset]:
    empty = [name for name, spectra in sets.items() if not spectra.sizes["sample"]]
    if not empty:
        return sets
    targets = [(each.explanation.get("settings") or {}).get("target") for each in maps]
    fixed = [str(target) for target in targets if target not in {None, "predicted", "true"}]
    # samples that are all explained for one class, and not those of right or wrong
    if fixed and empty[0] not in {"right", "wrong"}:
        raise DataError(
            f"each set should have samples. Found none of '{empty[0]}', as all are explained for the class "
            f"{fixed[0]}, by --target. Explain without --target."
        )
    raise DataError(
        f"each set should have samples. Found none of '{empty[0]}'. Explain more samples, with "
        "--per-class 0, or compare other sets."
    )


def _name_results(results: tuple[str, ...]) -> list[str]:
    """Return the last part of each path, or the whole path where these are alike."""
    names = [Path(path).name for path in results]
    return names if len(set(names)) == len(names) else list(results)


def describe_contrast(table: pd.DataFrame, counts: Mapping[str, int], unit: str, nm: float) -> list[str]:
    """Say in which bands two sets differ by more than their noise, corrected for the number of bands.

    Args:
        table: From :func:`lrprism.spectral.bands.contrast.contrast_table`.
        counts: Samples of each set, by its name.
        unit: Unit of the relevance.
        nm: The width over which bands vary together: peaks are this far apart.
    """
    first, second = counts
    title = f"{first} ({counts[first]} samples) less {second} ({counts[second]} samples):"
    if min(counts.values()) < 2:
        return [title, "  nothing is said: a set of one sample has no interval."]
    if table["low"].isna().all():
        return [title, "  nothing is said: no interval, as all samples of a set are of one group."]
    sure = table["differs"]
    lines = [
        title,
        f"  {int(sure.sum())} of {len(table)} bands differ by more than the noise of these samples, "
        f"corrected for {len(table)} bands.",
    ]
    size = table["difference"].abs().where(sure, 0.0)
    for peak in pick_peaks(size, table["wavelength_nm"], nm, _MOST):
        row: Any = table.iloc[peak]
        if sure.iloc[peak]:
            interval = f"[{row['low']:.3g}, {row['high']:.3g}]"
            lines.append(f"  {row['wavelength_nm']:.1f} nm: {row['difference']:+.3g} {unit} {interval}")
    return lines
