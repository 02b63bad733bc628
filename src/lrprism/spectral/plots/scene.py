"""An explained scene: its classes, the wavelengths that decided, and the relevance of its strongest bands."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import xarray as xr
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lrprism.errors import DataError
from lrprism.spectral.bands.pooling import POOLED, pick_peaks
from lrprism.spectral.bands.statistics import REGRESSION, TASK
from lrprism.spectral.plots import contract, style, wavelength_axis
from lrprism.spectral.plots.class_colours import PALETTE
from lrprism.spectral.plots.heading import Heading, break_text
from lrprism.spectral.plots.picture import choose_colour_bands, colour_picture, picture_title
from lrprism.spectral.plots.scales import (
    describe_colours,
    describe_ends,
    draw_colour_bar,
    symmetric_scale,
)
from lrprism.spectral.plots.scene_keys import SEQUENTIAL, ClassKey, draw_wavelength_key
from lrprism.spectral.plots.scene_page import ScenePage, panel_letter
from lrprism.spectral.plots.scene_values import DrawnRelevance, mean_magnitude, read_drawn, thin_out
from lrprism.spectral.plots.style import MARGIN
from lrprism.spectral.plots.trait_key import TRAIT, TraitKey, get_target_range

SHOWN: Final = 3  # bands, the strongest of the scene
MOST_SHOWN: Final = 12
BARS: Final = 23.0  # mm, the keys of wavelength and relevance with their notes


@style.use_house_style
def scene_relevance(
    relevance: xr.DataArray,
    predicted: xr.DataArray,
    cube: xr.DataArray | None = None,
    *,
    bands: Sequence[int] | None = None,
) -> Figure:
    r"""Draw the bands that decided on every pixel of a scene.

    .. math:: k_{yx} = \arg\max_b R_{byx}, \qquad m_b = \frac{1}{|E|} \sum_{(y,x) \in E} |R_{byx}|

    The panels: the scene as a colour picture (if the cube is given), the prediction, the wavelength of
    the band ``k`` of largest relevance at every pixel, and the relevance of the bands whose mean magnitude
    ``m`` over the explained pixels E is largest, on one diverging scale centred on 0. Pixels that are not
    explained are grey. In a map that :func:`lrprism.spectral.pooled` returned, those shown lie more than
    the width of the box apart. Lazy arrays are read piece by piece. Where a scene has more pixels than print
    can show, only some rows and columns are drawn; ``m`` and the shares of the classes count all of them.

    Args:
        relevance: ``[band, y, x]`` with ``wavelength`` in nm, NaN at pixels that are not explained; the
            ``relevance_map`` of a run.
        predicted: Predicted class of every pixel, ``[y, x]``, 0-based, negative where there is none; the
            attribute ``class_names`` names them: the ``class_map`` of a run. Where the attribute ``task`` of
            the relevance is "regression", the predicted trait, with a name and ``units``, NaN where there is
            none, on a continuous scale: the ``trait_map``.
        cube: The scene, ``[band, y, x]`` with ``wavelength`` in nm, in the data's own units.
        bands: Bands whose relevance is shown, positions along the band axis, 12 at most; the three of the
            largest ``m`` if None.

    Returns:
        The figure, 180 mm wide: two columns.

    Raises:
        DataError: If dimensions or wavelengths are missing, the maps differ in size, classes are not whole
            numbers, a trait has no value or an infinite one, a band has no relevance at all or an infinite
            one, no pixel that is drawn has a value, or bands do not exist or are too many.
    """
    contract.check_maps(relevance, predicted, cube)
    dataset = relevance.to_dataset(name="relevance").assign_attrs(relevance.attrs)
    wavelength = contract.get_wavelengths(dataset)
    if bands is not None:  # before the scene is read: that takes time
        hint = "Leave bands out to see the strongest ones."
        contract.check_band_choice(bands, wavelength.size, hint, most=MOST_SHOWN)
    means = mean_magnitude(relevance)
    width = float(relevance.attrs.get(POOLED, 0))
    chosen = list(bands or [int(band) for band in np.argsort(-means, kind="stable")[:SHOWN]])
    # in a pooled map the strongest bands are neighbours: more than a width apart they say more
    if width and not bands:
        chosen = pick_peaks(means, wavelength, width, SHOWN)
    key = _build_key(relevance, predicted)
    name = f"predicted {predicted.name}" if isinstance(key, TraitKey) else "predicted class"
    titles = [name, "strongest box" if width else "band of largest relevance"]
    titles += _name_bands(dataset, wavelength, chosen, width)
    if cube is not None:
        titles.insert(0, picture_title(_get_cube_wavelengths(cube)))
    shape = (relevance.sizes["y"], relevance.sizes["x"])
    heading = _build_heading(dataset, shape)
    page = ScenePage.from_titles(titles, shape, heading, classes=key.height, bars=BARS)
    if cube is not None:
        page.draw(0, _colour_scene(cube, page.step))
    at = titles.index(name)
    _draw_prediction(page, at, predicted, key)
    drawn = read_drawn(relevance, chosen, page.step)
    _draw_strongest(page, at + 1, wavelength, drawn)
    _draw_heatmaps(page, at + 2, drawn, dataset)
    return page.figure


def _name_bands(
    dataset: xr.Dataset, wavelength: NDArray[np.float64], chosen: list[int], width: float
) -> list[str]:
    if width:
        return [f"{wavelength[band]:.0f} ± {contract.name_width(width / 2)}" for band in chosen]
    numbers = dataset["band"].to_numpy()  # positions where the data count none
    return [f"{wavelength[band]:.1f} nm, band {numbers[band]}" for band in chosen]


def _get_cube_wavelengths(cube: xr.DataArray) -> NDArray[np.float64]:
    return contract.get_wavelengths(cube.to_dataset(name="cube"))


def _colour_scene(cube: xr.DataArray, step: int) -> NDArray[np.float64]:
    """Return the colours of the pixels that are drawn, and their opacity: 0 where the scene has no value.

    Raises:
        DataError: If it has none at all.
    """
    wavelength = _get_cube_wavelengths(cube)
    # three bands are read, not the whole cube
    used = sorted(set(choose_colour_bands(wavelength)[1]))
    values = thin_out(cube.isel(band=used), step).transpose("band", "y", "x").to_numpy()
    seen = np.isfinite(values).all(axis=0)
    if not seen.any():
        raise DataError(
            "cube should have a pixel with finite values. Found none among those drawn. Leave the cube out."
        )
    colours = np.zeros((*seen.shape, 4))
    # as one row of pixels: the stretch leaves out those without a value
    colours[seen, :3] = colour_picture(values[:, None, seen], wavelength[used]).values[0]
    colours[seen, 3] = 1.0
    return colours


def _build_key(relevance: xr.DataArray, predicted: xr.DataArray) -> ClassKey | TraitKey:
    if relevance.attrs.get(TASK) == REGRESSION:
        return TraitKey.from_map(predicted, get_target_range(relevance))
    return ClassKey.from_map(predicted)


def _draw_prediction(page: ScenePage, at: int, predicted: xr.DataArray, key: ClassKey | TraitKey) -> None:
    values = thin_out(predicted, page.step).transpose("y", "x").to_numpy()
    key.draw(page.figure, page.plan.bottom, panel_letter(at))
    if isinstance(key, TraitKey):
        page.draw(at, np.ma.masked_invalid(values), cmap=TRAIT, norm=key.norm)
        return
    drawn = values.astype(np.int64)
    colours = np.ma.masked_where(drawn < 0, drawn % len(PALETTE))
    axes = page.draw(at, colours, cmap=ListedColormap(PALETTE), vmin=-0.5, vmax=len(PALETTE) - 0.5)
    page.number_classes(axes, drawn, predicted.attrs)


def _draw_strongest(page: ScenePage, at: int, wavelength: NDArray[np.float64], drawn: DrawnRelevance) -> None:
    strongest = drawn.strongest
    values = np.ma.MaskedArray(wavelength[strongest.filled(0)], strongest.mask)
    low, high = wavelength_axis.choose_limits(wavelength)
    page.draw(at, values, cmap=SEQUENTIAL, vmin=low, vmax=high)
    note = f"one of every {page.step} rows and columns drawn" if page.step > 1 else ""
    box = (MARGIN + 3.0, page.keys, 82.0)
    draw_wavelength_key(page.figure, box, wavelength, strongest, panel_letter(at), note)


def _draw_heatmaps(page: ScenePage, first: int, drawn: DrawnRelevance, dataset: xr.Dataset) -> None:
    scale = symmetric_scale(drawn.heatmaps[np.isfinite(drawn.heatmaps)])
    for at, values in enumerate(drawn.heatmaps, start=first):
        page.draw(at, values, cmap=style.DIVERGING, norm=scale.norm)
    last = first + len(drawn.heatmaps) - 1
    letters = panel_letter(first) if last == first else f"{panel_letter(first)}–{panel_letter(last)}"
    left, is_trait = style.PAGE_WIDTH - 60.0, contract.is_regression(dataset)
    label = f"{letters}  relevance ({contract.get_relevance_unit(dataset)})"
    draw_colour_bar(page.figure, scale, (left, page.keys), label)
    notes = (describe_colours(is_trait=is_trait), describe_ends(scale))
    room = style.PAGE_WIDTH - left - MARGIN
    lines = [line for note in notes if note for line in break_text(note, room, style.FONT_SMALL)]
    for number, line in enumerate(lines):
        place = page.keys + 10.5 + number * style.LINE
        style.write(page.figure, left, place, line, size=style.FONT_SMALL, colour=style.GREY)


def _build_heading(dataset: xr.Dataset, shape: tuple[int, int]) -> Heading:
    width = float(dataset.attrs.get(POOLED, 0))
    decision = "prediction" if contract.is_regression(dataset) else "decision"
    facts = [
        f"each pixel: relevance for its own {decision}, summed over its window",
        f"averaged over {contract.name_width(width)} along wavelength" if width else "",
        f"{shape[0]} × {shape[1]} pixels",
        str(dataset.attrs.get("title", "")),
        contract.describe_way(dataset),
    ]
    return Heading.build(style.PAGE_WIDTH, "Relevance over the scene", facts, contract.name_doubt(dataset))
