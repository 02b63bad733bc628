"""Cut square windows round the labelled pixels of a scene."""

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import Scene, is_lazy, with_note
from lrprism.spectral.cubes.patches import PatchSet, make_patches
from lrprism.spectral.cubes.spectra import WindowStore


def cut_windows(
    scene: Scene,
    size: int,
    *,
    pixels: npt.ArrayLike | None = None,
    labelled: bool = True,
    store: WindowStore | None = None,
) -> PatchSet:
    """Cut a window of ``size`` x ``size`` pixels round each labelled pixel.

    Windows that would leave the scene are dropped; ``attrs["assumed"]`` says how many.

    Shapes: ``pixels``: ``[sample]``; ``patch``: ``[sample, band, size, size]``.

    Args:
        scene: Cube and labels.
        size: Odd number of pixels along a side.
        pixels: Which pixels, as numbers row * width + column such as ``Split.train``; by default every
            labelled pixel.
        labelled: Whether all of these must have a label.
        store: Spectra of this scene that were read before; windows that it does not hold are read.

    Returns:
        The patches in float32, each with its centre pixel's label less 1 (-1 where it has none), ``row`` and
        ``column``.

    Raises:
        DataError: If the size or a pixel is impossible, or no window is left.
    """
    check_window(scene, size)
    centres = _locate_pixels(scene, pixels, labelled=labelled)
    radius = size // 2
    inside = ((centres >= radius) & (centres < np.array(scene.labels.shape) - radius)).all(axis=1)
    inner = centres[inside]
    if not len(inner):
        raise DataError(
            f"at least one window of {size} x {size} pixels should lie inside the scene. Found "
            f"{len(centres)} pixels, all too near its border. Use a smaller window."
        )
    return make_patches(
        _copy_windows(scene.cube, inner, size, store),
        scene.labels.values[inner[:, 0], inner[:, 1]] - 1,
        coords=_copy_band_coords(scene),
        class_names=scene.class_names,
        attrs=with_note(scene.cube.attrs, *_note_border(len(centres) - len(inner), len(centres), size)),
        centres=inner,
    )


def check_window(scene: Scene, size: int) -> None:
    """Refuse a window that has no centre pixel or does not fit the scene.

    Args:
        scene: Cube and labels.
        size: Pixels along a side.

    Raises:
        DataError: If the size is even, below 1, or larger than the scene.
    """
    height, width = scene.labels.shape
    if size < 1 or size % 2 == 0 or size > min(height, width):
        raise DataError(
            f"window size should be odd and fit the scene of {height} x {width} pixels. Found {size}. "
            "Try 7, 9 or 11."
        )


def _copy_windows(
    cube: xr.DataArray, centres: npt.NDArray[np.int64], size: int, store: WindowStore | None
) -> npt.NDArray[np.float32]:
    if store is not None and store.holds(centres, size):
        return store.cut(centres)
    if is_lazy(cube.data):
        return WindowStore(cube, centres, size).cut(centres)
    # a view of all windows takes no memory; only the wanted ones are copied
    windows = np.lib.stride_tricks.sliding_window_view(cube.values, (size, size), axis=(1, 2))
    row, column = (centres - size // 2).T
    return np.ascontiguousarray(np.moveaxis(windows, 0, 2)[row, column], dtype=np.float32)


def _copy_band_coords(scene: Scene) -> dict[str, tuple[str, npt.NDArray[np.generic]]]:
    coords = scene.cube.coords.items()
    return {str(name): ("band", coord.values) for name, coord in coords if coord.dims == ("band",)}


def _locate_pixels(scene: Scene, pixels: npt.ArrayLike | None, *, labelled: bool) -> npt.NDArray[np.int64]:
    # row and column of each wanted pixel, [sample, 2]
    flat = scene.labels.values.ravel()
    wanted = np.flatnonzero(flat) if pixels is None else np.asarray(pixels)
    if wanted.ndim != 1 or wanted.dtype.kind not in "iu":
        raise DataError(
            f"pixels should be one list of pixel numbers. Found shape {wanted.shape} of {wanted.dtype}. "
            "Number pixels as row * width + column."
        )
    wrong = wanted[(wanted < 0) | (wanted >= flat.size)]
    if labelled and not wrong.size:
        wrong = wanted[flat[wanted] == 0]
    if wrong.size:
        raise DataError(
            f"pixels should be {'labelled ' if labelled else ''}pixels of the scene, numbered "
            f"0..{flat.size - 1}. Found {wrong[0]} and {wrong.size - 1} more that are not. Split the labels "
            "of this very scene."
        )
    return np.stack(np.unravel_index(wanted, scene.labels.shape), axis=1).astype(np.int64)


def _note_border(dropped: int, total: int, size: int) -> list[str]:
    if not dropped:
        return []
    return [f"{dropped} of {total} windows of {size} x {size} pixels would leave the scene and were dropped"]


def mark_complete_windows(complete: npt.NDArray[np.bool_], window: int) -> npt.NDArray[np.bool_]:
    """Mark the pixels whose window holds complete pixels alone; beyond the border, the border goes on.

    Shapes: ``complete`` and the result ``[y, x]``.

    Args:
        complete: The pixels with a value in every band.
        window: Side of the windows in pixels, odd.
    """
    if window == 1:
        return complete
    from scipy import ndimage  # late: not needed to read patches

    return np.asarray(ndimage.minimum_filter(complete, size=window, mode="nearest"), dtype=bool)


def mark_inside(shape: tuple[int, ...], radius: int) -> npt.NDArray[np.bool_]:
    """Mark the pixels whose window lies inside the scene.

    Args:
        shape: Rows and columns of the scene.
        radius: Half the side of the windows, rounded down.
    """
    inside = np.zeros(shape, dtype=bool)
    inside[radius : shape[0] - radius, radius : shape[1] - radius] = True
    return inside
