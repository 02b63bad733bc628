"""Label maps for the tests of splits, and a brute-force check that windows share no pixel."""

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.spectral import Split


def label_map(values: npt.ArrayLike, classes: int = 3) -> xr.DataArray:
    names = [f"class {number}" for number in range(classes)]
    return xr.DataArray(np.asarray(values), dims=("y", "x"), attrs={"class_names": names})


def random_labels(seed: int, shape: tuple[int, int] = (40, 50)) -> xr.DataArray:
    return label_map(np.random.default_rng(seed).integers(0, 4, shape))


def fields(seed: int, shape: tuple[int, int] = (40, 50), side: int = 6) -> xr.DataArray:
    """Square fields of one class each, some of them bare."""
    grid = np.random.default_rng(seed).integers(0, 4, (-(-shape[0] // side), -(-shape[1] // side)))
    return label_map(np.kron(grid, np.ones((side, side), dtype=int))[: shape[0], : shape[1]])


def paint_windows(
    shape: tuple[int, ...], pixels: npt.NDArray[np.int64], radius: int
) -> npt.NDArray[np.bool_]:
    """Every pixel of every window, one window at a time."""
    canvas = np.zeros(shape, dtype=bool)
    for pixel in pixels:
        y, x = divmod(int(pixel), shape[1])
        assert radius <= y < shape[0] - radius
        assert radius <= x < shape[1] - radius
        canvas[y - radius : y + radius + 1, x - radius : x + radius + 1] = True
    return canvas


def assert_windows_disjoint(labels: xr.DataArray, split: Split, radius: int) -> None:
    """No window of one part shares a pixel with one of another, leaves the scene, or lacks a label."""
    flat = labels.values.ravel()
    parts = [part for part in (split.train, split.validation, split.test) if part.size]
    canvases = [paint_windows(labels.shape, part, radius) for part in parts]
    assert sum(canvas.astype(int) for canvas in canvases).max() == 1
    assert all((flat[part] > 0).all() for part in parts)
    assert all((np.diff(part) > 0).all() and part.dtype == np.int64 for part in parts)


def assert_counted(labels: xr.DataArray, split: Split, how: str) -> None:
    """The table counts what is there, and the first note says what is lost."""
    flat, table = labels.values.ravel(), split.coverage
    for label, row in enumerate(table.itertuples(), start=1):
        assert row.labelled == np.sum(flat == label)
        assert row.train == np.sum(flat[split.train] == label)
        assert row.test == np.sum(flat[split.test] == label)
    lost = np.sum(flat > 0) - len(split.train) - len(split.test)
    assert split.notes[0] == f"{how}: {lost} labelled pixels are in neither part"
    missing = f"not in both parts: {', '.join(split.missing_classes)}"
    assert (missing in split.notes) == bool(split.missing_classes)
