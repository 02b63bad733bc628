"""``lrprism convert``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lrprism.spectral.cli import options


def convert(
    source: Annotated[str, typer.Argument(help="A cube of any format, or indian-pines.", metavar="IN")],
    out: Annotated[
        Path,
        typer.Argument(
            help="The file to be; its ending is the format: .tif GeoTIFF; .hdr, .img, .dat or .bsq ENVI; .nc "
            "NetCDF; .zarr Zarr.",
            metavar="OUT",
        ),
    ],
    key: options.Key = None,
    band_axis: options.BandAxis = None,
    wavelengths: options.Wavelengths = None,
    bands: Annotated[
        str | None,
        typer.Option(
            help="Bands to keep, from 0: 0,1,3,10-20; else all of them.", rich_help_panel=options.DATA
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", "--force", help="Replace an earlier file of that name.")
    ] = False,
    quiet: options.Quiet = False,
) -> None:
    """Write a cube or a map into another format, with all that is known of its bands and place.

    Examples:
        lrprism convert scene.hdr scene.tif

        lrprism convert scene.mat scene.nc --wavelengths 400:2500

        lrprism convert results/map/relevance_map.nc relevance.hdr --bands 10-20
    """
    from lrprism.spectral.cli import output  # late: --help should not wait for the workbench
    from lrprism.spectral.cubes.bands import parse_bands
    from lrprism.spectral.workbench.convert import convert_cube
    from lrprism.spectral.workbench.preparation import Preparation
    from lrprism.spectral.workbench.progress import Reporter

    preparation = Preparation(
        bands=None if bands is None else parse_bands(bands),
        wavelengths=wavelengths,
        key=key,
        band_axis=band_axis,
    )
    lines = convert_cube(source, out, preparation, Reporter(not quiet), overwrite=overwrite)
    output.print_lines(Console(), lines)
