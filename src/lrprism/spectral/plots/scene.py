"""An explained scene: its classes, the wavelengths that decided, and the relevance of its strongest bands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import xarray as xr
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lrprism.errors import DataError
from lrprism.spectral.plots import contract, style, wavelength_axis
from lrprism.spectral.plots.class_colours import PALETTE
from lrprism.spectral.plots.picture import colour_bands, colour_picture, picture_title
from lrprism.spectral.plots.scales import colour_bar, symmetric_scale
from lrprism.spectral.plots.scene_keys import SEQUENTIAL, ClassKey, wavelength_key
from lrprism.spectral.plots.scene_layout import MARGIN
from lrprism.spectral.plots.scene_page import ScenePage, letter
from lrprism.spectral.plots.scene_values import DrawnRelevance, drawn_pixels, mean_magnitude, read_drawn

SHOWN: Final = 3  # bands, the strongest of the scene
MOST_SHOWN: Final = 12
BARS: Final = 23.0  # mm, the keys of wavelength and relevance with their notes


@style.styled
def scene_relevance(
    relevance: xr.DataArray,
    classes: xr.DataArray,
    cube: xr.DataArray | None = None,
    *,
    bands: Sequence[int] | None = None,
) -> Figure:
    r"""Draw what decided on every pixel of a scene.

    .. math:: k_{yx} = \arg\max_b R_{byx}, \qquad m_b = \frac{1}{|E|} \sum_{(y,x) \in E} |R_{byx}|

    The panels: the scene as a colour picture (if the cube is given), the predicted classes, the wavelength of
    the band ``k`` of largest relevance at every pixel, and the relevance of the bands whose mean magnitude
    ``m`` over the explained pixels E is largest, on one diverging scale centred on 0. Pixels that are not
    explained are grey. Lazy arrays are read piece by piece. Where a scene has more pixels than print can
    show, only some rows and columns are drawn; ``m`` and the shares of the classes count all of them.

    Args:
        relevance: ``[band, y, x]`` with ``wavelength`` in nm, NaN at pixels that are not explained; the
            ``relevance_map`` of a run.
        classes: Predicted class of every pixel, ``[y, x]``, 0-based, negative where there is none; the
            attribute ``class_names`` names them. The ``class_map`` of a run.
        cube: The scene, ``[band, y, x]`` with ``wavelength`` in nm, in the data's own units.
        bands: Bands whose relevance is shown, positions along the band axis, 12 at most; the three of the
            largest ``m`` if None.

    Returns:
        The figure, 170 mm wide.

    Raises:
        DataError: If dimensions or wavelengths are missing, the maps differ in size, classes are not whole
            numbers, a band has no relevance at all or an infinite one, no pixel that is drawn has a value, or
            bands do not exist or are too many.
    """
    _check(relevance, classes, cube)
    dataset = relevance.to_dataset(name="relevance").assign_attrs(relevance.attrs)
    wavelength = contract.wavelengths(dataset)
    shown = None if bands is None else _checked_bands(bands, wavelength.size)
    means = mean_magnitude(relevance)
    chosen = shown or [int(band) for band in np.argsort(-means, kind="stable")[:SHOWN]]
    numbers = dataset["band"].to_numpy()  # positions where the data count none
    titles = ["predicted class", "band of largest relevance"]
    titles += [f"{wavelength[band]:.1f} nm, band {numbers[band]}" for band in chosen]
    if cube is not None:
        titles.insert(0, picture_title(_wavelengths_of(cube)))
    key = ClassKey.of(classes)
    shape = (relevance.sizes["y"], relevance.sizes["x"])
    page = ScenePage.new(titles, shape, classes=key.height, bars=BARS)
    if cube is not None:
        page.draw(0, _picture(cube, page.step))
    at = titles.index("predicted class")
    _draw_classes(page, at, classes, key)
    drawn = read_drawn(relevance, chosen, page.step)
    _draw_strongest(page, at + 1, wavelength, drawn)
    _draw_heatmaps(page, at + 2, drawn, contract.relevance_unit(dataset))
    _heading(page, dataset)
    return page.figure


def _check(relevance: xr.DataArray, classes: xr.DataArray, cube: xr.DataArray | None) -> None:
    hint = "Give the maps of a run as they were written."
    contract.check_dimensions(relevance.rename("relevance"), ("band", "y", "x"), hint)
    contract.check_dimensions(classes.rename("classes"), ("y", "x"), hint)
    if classes.dtype.kind not in "iu":
        raise DataError(f"classes should be whole numbers. Found {classes.dtype}. {hint}")
    maps = [("classes", classes)]
    if cube is not None:
        contract.check_dimensions(cube.rename("cube"), ("band", "y", "x"), hint)
        maps.append(("cube", cube))
    for name, each in maps:
        if (each.sizes["y"], each.sizes["x"]) != (relevance.sizes["y"], relevance.sizes["x"]):
            raise DataError(
                f"{name} should have the {relevance.sizes['y']} × {relevance.sizes['x']} pixels of the "
                f"relevance. Found {each.sizes['y']} × {each.sizes['x']}. Give maps of one scene."
            )


def _wavelengths_of(cube: xr.DataArray) -> NDArray[np.float64]:
    return contract.wavelengths(cube.to_dataset(name="cube"))


def _checked_bands(bands: Sequence[int], count: int) -> list[int]:
    if len(bands) > MOST_SHOWN:
        raise DataError(
            f"bands should be {MOST_SHOWN} at most. Found {len(bands)}. Draw them in several figures."
        )
    return contract.checked_bands(bands, count, "Leave bands out to see the strongest ones.")


def _picture(cube: xr.DataArray, step: int) -> NDArray[np.float64]:
    """The colours of the pixels that are drawn, and their opacity: 0 where the scene has no value.

    Raises:
        DataError: If it has none at all.
    """
    wavelength = _wavelengths_of(cube)
    used = sorted(set(colour_bands(wavelength)[1]))
    values = drawn_pixels(cube.isel(band=used), step).transpose("band", "y", "x").to_numpy()
    seen = np.isfinite(values).all(axis=0)
    if not seen.any():
        raise DataError(
            "cube should have a pixel with finite values. Found none among those drawn. Leave the cube out."
        )
    colours = np.zeros((*seen.shape, 4))
    colours[seen, :3] = colour_picture(values[:, None, seen], wavelength[used]).values[0]
    colours[seen, 3] = 1.0
    return colours


def _draw_classes(page: ScenePage, at: int, classes: xr.DataArray, key: ClassKey) -> None:
    drawn = drawn_pixels(classes, page.step).transpose("y", "x").to_numpy().astype(np.int64)
    colours = np.ma.masked_where(drawn < 0, drawn % len(PALETTE))
    axes = page.draw(at, colours, cmap=ListedColormap(PALETTE), vmin=-0.5, vmax=len(PALETTE) - 0.5)
    page.number_classes(axes, drawn)
    key.draw(page.figure, page.plan.bottom, letter(at))


def _draw_strongest(page: ScenePage, at: int, wavelength: NDArray[np.float64], drawn: DrawnRelevance) -> None:
    strongest = drawn.strongest
    values = np.ma.MaskedArray(wavelength[strongest.filled(0)], strongest.mask)
    low, high = wavelength_axis.limits(wavelength)
    page.draw(at, values, cmap=SEQUENTIAL, vmin=low, vmax=high)
    wavelength_key(page.figure, (MARGIN + 3.0, page.keys, 82.0), wavelength, strongest, letter(at))


def _draw_heatmaps(page: ScenePage, first: int, drawn: DrawnRelevance, unit: str) -> None:
    scale = symmetric_scale(drawn.heatmaps[np.isfinite(drawn.heatmaps)])
    for at, values in enumerate(drawn.heatmaps, start=first):
        page.draw(at, values, cmap=style.DIVERGING, norm=scale.norm)
    last = first + len(drawn.heatmaps) - 1
    letters = letter(first) if last == first else f"{letter(first)}–{letter(last)}"
    colour_bar(page.figure, scale, (style.PAGE_WIDTH - 60.0, page.keys), f"{letters}  relevance ({unit})")


def _heading(page: ScenePage, dataset: xr.Dataset) -> None:
    parts = [
        "each pixel: relevance for its own decision, summed over its window",
        f"{page.shape[0]} × {page.shape[1]} pixels",
        f"one of every {page.step} rows and columns drawn" if page.step > 1 else "",
        str(dataset.attrs.get("title", "")),
        str(dataset.attrs.get("composite", "")),
    ]
    second = "  ·  ".join(part for part in parts if part)
    style.write(page.figure, MARGIN, 2.5, "Relevance over the scene", size=style.FONT_TITLE)
    style.write_line(page.figure, MARGIN, 6.8, second, size=style.FONT_SMALL)
