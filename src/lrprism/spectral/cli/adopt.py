"""``lrprism adopt``."""

from typing import Annotated

import typer
from rich.console import Console

from lrprism.spectral.cli import options, output, registry_options, settings
from lrprism.spectral.cli.preparation import LabelWords, read_preparation
from lrprism.spectral.runs import write_run
from lrprism.spectral.workbench.adopt import AdoptionSettings, adopt_into
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.split_settings import SplitSettings


def adopt(
    model: Annotated[
        str,
        typer.Argument(
            help="Your trained network: package.module:factory with --weights, or a program of torch.export "
            "(.pt2)."
        ),
    ],
    data: options.Data,
    out: options.Out,
    weights: registry_options.Weights = None,
    layout: registry_options.Layout = None,
    preprocess: registry_options.Preprocess = "none",
    pca: registry_options.Pca = None,
    labels: options.Labels = None,
    label_attribute: options.LabelAttribute = None,
    label_layer: options.LabelLayer = None,
    label_crs: options.LabelCrs = None,
    unlabelled: options.Unlabelled = None,
    label_column: options.LabelColumn = None,
    group_column: options.GroupColumn = None,
    key: options.Key = None,
    band_axis: options.BandAxis = None,
    wavelengths: options.Wavelengths = None,
    class_names: options.ClassNames = None,
    average_pairs: options.AveragePairs = False,
    bands: options.Bands = None,
    window: options.Window = 7,
    split: Annotated[
        str | None,
        typer.Option(
            help="The split that it was trained with: a file of indices, a map, or TRAIN,TEST files; without "
            "one, it is tested on all samples.",
            rich_help_panel=registry_options.SPLIT,
        ),
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1)] = 32,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
) -> None:
    """Take over a network trained elsewhere, test it, and make it ready for lrprism explain.

    Examples:
        lrprism adopt my_nets:Net scene.hdr --labels gt.tif --weights best.ckpt --window 9 --out runs/mine

        lrprism adopt net.pt2 indian-pines --layout patch --preprocess zscore --window 9 --out runs/mine
    """
    words = LabelWords(label_attribute, label_layer, label_crs, unlabelled, label_column, group_column)
    adoption = AdoptionSettings(
        source=data,
        preparation=read_preparation(
            labels, key, wavelengths, class_names, average_pairs, bands, window, words, band_axis
        ),
        network=settings.read_network(model, layout, preprocess, pca),
        split=None if split is None else SplitSettings(split),
        weights=weights,
        batch_size=batch_size,
    )
    with write_run(out, overwrite=overwrite) as folder:
        record = adopt_into(folder, adoption, Reporter(not quiet))
    console = Console()
    output.print_training(console, record)
    output.print_attribution(console, record)
    output.print_files(console, out)
