"""``lrprism explain``."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from lrprism.spectral.cli import json_output, options, output, registry_options
from lrprism.spectral.runs import UnfinishedRun, read_run
from lrprism.spectral.training.devices import Devices, is_first_process
from lrprism.spectral.workbench.choice import Choice
from lrprism.spectral.workbench.composites import DEFAULT_RULE
from lrprism.spectral.workbench.explain import explain_into, plan_explanation
from lrprism.spectral.workbench.explanation_settings import ExplanationSettings
from lrprism.spectral.workbench.preparation import CLASSIFICATION
from lrprism.spectral.workbench.progress import Reporter


def explain(
    run: Annotated[Path, typer.Argument(help="Folder that lrprism train or demo wrote.")],
    out: options.Out,
    data: Annotated[
        str | None, typer.Argument(help="Data to explain; by default the data it was trained on.")
    ] = None,
    labels: options.OtherLabels = None,
    key: options.Key = None,
    wavelengths: options.Wavelengths = None,
    resample: options.Resample = False,
    rule: registry_options.Rule = DEFAULT_RULE,
    target: options.Target = None,
    per_class: Annotated[int, typer.Option(help="Samples per true class at most; 0 for all.", min=0)] = 20,
    heatmaps: Annotated[int, typer.Option(help="Samples per explained class that get heatmaps.", min=0)] = 1,
    figures: Annotated[
        str,
        typer.Option(help="none, classes, or all: those of classes and heatmaps. Drawing takes long."),
    ] = "all",
    batch_size: Annotated[int, typer.Option(min=1)] = 32,
    seed: options.Seed = 0,
    every_pixel: Annotated[
        bool, typer.Option("--every-pixel", help="Explain every pixel of a scene; write maps.")
    ] = False,
    formats: registry_options.MapFormats = None,
    reference: registry_options.Reference = None,
    pool: options.Pool = None,
    zones: registry_options.ZoneSets = None,
    plant_ndvi: options.PlantNdvi = None,
    model: options.TrustedModel = None,
    accelerator: options.Accelerator = "auto",
    devices: options.HowMany = "1",
    strategy: options.Strategy = "auto",
    nodes: options.Nodes = 1,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    as_json: options.AsJson = False,
) -> None:
    """Explain samples with a trained network; write relevance, tables and figures.

    Of the data that the network was trained on, only the test part is explained. After a kill the same
    command goes on where it stopped. With --rule auto rule, reference and width are chosen on samples that
    are not explained, by how much removing the bands that they rank high costs the network.

    Examples:
        lrprism explain runs/kochia weed_dataset_w25.hdf5 --out results/kochia

        lrprism explain runs/pines --target Corn-notill --rule epsilon-gamma --out results/corn

        lrprism explain runs/pines --rule auto --out results/pines-auto

        lrprism explain runs/pines --every-pixel --batch-size 256 --out results/pines-map

        lrprism explain runs/pines --zones vegetation,indices,my_zones.csv --out results/pines-zones

        lrprism explain runs/nitrogen --target nitrogen --out results/nitrogen

        lrprism explain runs/field next_year.hdr --labels next_year.gpkg --out results/next-year

        lrprism explain runs/pines --per-class 0 --devices 2 --strategy ddp --out results/pines
    """
    settings = ExplanationSettings(
        source=data,
        labels=labels,
        key=key,
        wavelengths=wavelengths,
        resample=resample,
        rule=rule,
        target=target,
        per_class=per_class or None,
        batch_size=batch_size,
        devices=Devices(accelerator, devices, strategy, nodes),
        seed=seed,
        heatmaps=heatmaps,
        figures=figures,
        every_pixel=every_pixel,
        model=model,
        pool=pool,
        reference=reference,
        formats=formats,
        zones=zones,
        plant_ndvi=plant_ndvi,
    )
    reporter = Reporter(not quiet and is_first_process())
    with UnfinishedRun.open(out, plan_explanation(run, settings), overwrite=overwrite) as unfinished:
        announce = _ignore if as_json else _print_explanation
        if explain_into(unfinished.work, run, settings, reporter, announce) is None:
            return  # another process goes on
        unfinished.finish()
    _print_end(run, out, as_json)


def _print_explanation(record: dict[str, Any]) -> None:
    """Print what an explanation found, before its figures are drawn."""
    console = Console()
    output.print_lines(console, record["verdict"]["lines"])
    output.print_lines(console, record["words"])
    output.print_lines(console, record["report"])
    output.print_conservation(console, record)
    if record["choice"]:
        output.print_lines(console, Choice.from_record(record["choice"]).describe())


def _ignore(record: dict[str, Any]) -> None:
    """Print nothing: the document at the end holds the record."""


def _print_end(run: Path, out: Path, as_json: bool) -> None:
    """Print how far to trust the maps, whose data they are of, and where the files are; or all as JSON."""
    if as_json:
        json_output.print_run(out)
        return
    console, training = Console(), read_run(out)["training"]
    # traits have no right or wrong that a removal of bands could cost
    if training["task"]["name"] == CLASSIFICATION:
        output.print_lines(console, [f"How far to trust such maps: lrprism evaluate {run} --out DIR."])
    output.print_attribution(console, training)
    output.print_files(console, out)
