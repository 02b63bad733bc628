"""``lrprism inspect``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lrprism.spectral.cli import json_output, options
from lrprism.spectral.runs.record import RUN_FILE


def inspect(
    what: Annotated[
        str,
        typer.Argument(
            help="A cube, a table of spectra, a spectral library, a patch file, or a folder of lrprism train."
        ),
    ],
    labels: options.Labels = None,
    label_attribute: options.LabelAttribute = None,
    label_layer: options.LabelLayer = None,
    label_crs: options.LabelCrs = None,
    unlabelled: options.Unlabelled = None,
    class_names: options.ClassNames = None,
    label_column: options.LabelColumn = None,
    group_column: options.GroupColumn = None,
    task: options.Task = "classification",
    target_column: options.TargetColumn = None,
    target_unit: options.TargetUnit = None,
    key: Annotated[str | None, typer.Option(help="For a file of several arrays: the cube's name.")] = None,
    wavelengths: options.Wavelengths = None,
    band_axis: options.BandAxis = None,
    rule: Annotated[
        str | None,
        typer.Option(
            help="For a trained network: composite of LRP rules, as lrprism explain --help lists them."
        ),
    ] = None,
    model: options.TrustedModel = None,
    as_json: options.AsJson = False,
) -> None:
    """Show what a data file holds, or which rule each layer of a network gets.

    Examples:
        lrprism inspect scene.hdr

        lrprism inspect scene.hdr --labels fields.gpkg --label-attribute crop

        lrprism inspect nir.csv --task regression --target-column nitrogen

        lrprism inspect weed_dataset_w25.hdf5

        lrprism inspect runs/kochia --rule epsilon-gamma
    """
    # a folder of lrprism train; any other path is data
    if (Path(what) / RUN_FILE).is_file():
        from lrprism.spectral.workbench import describe_network as network  # late: torch and the engine

        if as_json:
            json_output.print_json({"run": what, **network.list_network(Path(what), rule, model)})
            return
        text = network.describe_network(Path(what), rule, model)
    else:
        from lrprism.spectral.cli.preparation import LabelWords, read_preparation  # late: the readers
        from lrprism.spectral.workbench.describe_data import describe_data, list_facts

        words = LabelWords(
            *(label_attribute, label_layer, label_crs, unlabelled, label_column, group_column),
            *(task, target_column, target_unit),
        )
        # all bands, and every pixel
        facts = read_preparation(labels, key, wavelengths, class_names, False, None, 1, words, band_axis)
        if as_json:
            rows = list_facts(what, facts)
            listed = {name: rows[name].split("\n") for name in rows.keys() & {"classes", "traits", "assumed"}}
            json_output.print_json({"source": what, **rows, **listed})
            return
        text = describe_data(what, facts)
    Console().print(text, highlight=False, soft_wrap=True, markup=False)
