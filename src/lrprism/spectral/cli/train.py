"""``lrprism train``."""

from pathlib import Path
from typing import Annotated, Any, Literal, cast

import typer
from rich.console import Console

from lrprism.spectral.cli import json_output, options, output, registry_options, settings
from lrprism.spectral.cli.preparation import LabelWords, read_preparation
from lrprism.spectral.runs import UnfinishedRun
from lrprism.spectral.runs.stored_table import read_table
from lrprism.spectral.training.config import TrainingConfig
from lrprism.spectral.training.devices import Devices, is_first_process
from lrprism.spectral.workbench.preparation import CLASSIFICATION, REGRESSION
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.scene_files import pair_labels
from lrprism.spectral.workbench.scene_record import TABLE
from lrprism.spectral.workbench.split_settings import SplitSettings
from lrprism.spectral.workbench.train import SEEDS, TrainingSettings, plan_training, train_into

TRAINING = "Training"


def train(
    data: options.Scenes,
    out: options.Out,
    labels: options.SceneLabels = None,
    test: options.TestScenes = None,
    test_labels: options.TestLabels = None,
    resample: options.ResampleScenes = False,
    label_attribute: options.LabelAttribute = None,
    label_layer: options.LabelLayer = None,
    label_crs: options.LabelCrs = None,
    unlabelled: options.Unlabelled = None,
    label_column: options.LabelColumn = None,
    group_column: options.GroupColumn = None,
    task: options.Task = CLASSIFICATION,
    target_column: options.TargetColumn = None,
    target_unit: options.TargetUnit = None,
    key: options.Key = None,
    band_axis: options.BandAxis = None,
    wavelengths: options.Wavelengths = None,
    class_names: options.ClassNames = None,
    average_pairs: options.AveragePairs = False,
    bands: options.Bands = None,
    window: options.Window = 7,
    model: registry_options.Model = "hyper3dnetlite",
    layout: registry_options.Layout = None,
    preprocess: registry_options.Preprocess = "std",
    pca: registry_options.Pca = None,
    weights: registry_options.Weights = None,
    split: registry_options.SplitBy = None,
    groups: registry_options.Groups = None,
    block: registry_options.Block = 16,
    test_fraction: registry_options.TestFraction = 0.5,
    validation: registry_options.Validation = None,
    per_class: Annotated[
        int | None,
        typer.Option(
            help="Training samples per class at most.", min=1, rich_help_panel=registry_options.SPLIT
        ),
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, rich_help_panel=TRAINING)] = 20,
    batch_size: Annotated[int, typer.Option(min=1, rich_help_panel=TRAINING)] = TrainingConfig.batch_size,
    optimizer: Annotated[
        str, typer.Option(help="adamw or adadelta.", rich_help_panel=TRAINING)
    ] = TrainingConfig.optimizer,
    learning_rate: Annotated[
        float, typer.Option(help="Peak of the one cycle; 1 for adadelta.", rich_help_panel=TRAINING)
    ] = TrainingConfig.learning_rate,
    patience: Annotated[
        int | None,
        typer.Option(
            help="Stop after this many epochs without a better one.", min=1, rich_help_panel=TRAINING
        ),
    ] = None,
    augment: Annotated[
        bool | None,
        typer.Option(
            help="Turn, mirror, brighten and darken patches while training; by default for classes, not for "
            "numbers, which brightness may tell.",
            rich_help_panel=TRAINING,
        ),
    ] = None,
    precision: Annotated[
        str, typer.Option(help="32-true, bf16-mixed or 16-mixed.", rich_help_panel=TRAINING)
    ] = TrainingConfig.precision,
    seeds: Annotated[
        int,
        typer.Option(
            help="Train with this number of seeds and give intervals; the run keeps the first network.",
            min=1,
            rich_help_panel=TRAINING,
        ),
    ] = 1,
    seed: options.Seed = 0,
    accelerator: options.Accelerator = "auto",
    devices: options.HowMany = "1",
    strategy: options.Strategy = "auto",
    nodes: options.Nodes = 1,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    as_json: options.AsJson = False,
) -> None:
    """Train a network; write weights, split and run.json. After a kill the same command goes on.

    Examples:
        lrprism train weed_dataset_w25.hdf5 --average-pairs --bands tutorial --out runs/kochia

        lrprism train indian-pines --average-pairs --window 9 --epochs 30 --out runs/pines

        lrprism train paviaU.mat --labels paviaU_gt.mat --model hybridsn --pca 30 --window 9 --out runs/pavia

        lrprism train scene.hdr --labels gt.tif --model my_nets:Net --preprocess snv,zscore --out runs/mine

        lrprism train scene.hdr --labels fields.gpkg --label-attribute crop --groups polygon --out runs/fields

        lrprism train a.hdr b.hdr --labels a.gpkg b.gpkg --split scenes --out runs/fields

        lrprism train a.hdr b.hdr --labels all.gpkg --test next_year.hdr --out runs/fields

        lrprism train leaves.hdf5 --groups plants.csv --seeds 5 --out runs/plants

        lrprism train spectra.csv --label-column species --group-column plant --model cnn1d --out runs/leaves

        lrprism train nir.csv --task regression --target-column "nitrogen (%)" --model cnn1d --out runs/n

        lrprism train scene.hdr --labels gt.tif --task segmentation --model unet --window 33 --out runs/s
    """
    first, *others = pair_labels(data, labels or (), test or (), test_labels or ())
    aims = (task, target_column, target_unit)
    words = LabelWords(label_attribute, label_layer, label_crs, unlabelled, label_column, group_column, *aims)
    training = TrainingSettings(
        source=first.source,
        preparation=read_preparation(
            first.labels, key, wavelengths, class_names, average_pairs, bands, window, words, band_axis
        ),
        network=settings.read_network(model, layout, preprocess, pca),
        split=SplitSettings(split, groups, block, test_fraction, validation, per_class=per_class),
        training=TrainingConfig(
            epochs=epochs,
            batch_size=batch_size,
            optimizer=cast(Literal["adamw", "adadelta"], optimizer),
            learning_rate=learning_rate,
            patience=patience,
            precision=cast(Literal["32-true", "bf16-mixed", "16-mixed"], precision),
            seed=seed,
            devices=Devices(accelerator, devices, strategy, nodes),
            augment=task != REGRESSION if augment is None else augment,
            initialize=True,
        ),
        weights=weights,
        seeds=seeds,
        others=tuple(others),
        resample=resample,
    )
    _run(training, out, Reporter(not quiet and is_first_process()), overwrite, as_json)


def _run(training: TrainingSettings, out: Path, reporter: Reporter, overwrite: bool, as_json: bool) -> None:
    """Train, and print what it brought in the process that goes on."""
    with UnfinishedRun.open(out, plan_training(training), overwrite=overwrite) as unfinished:
        record = train_into(unfinished.work, training, reporter)
        if record is not None:  # else another process goes on
            unfinished.finish()
    if record is not None and as_json:
        json_output.print_run(out)
    elif record is not None:
        _print_run(record, out)


def _print_run(record: dict[str, Any], out: Path) -> None:
    """Print what a training brought, and where its files are."""
    console = Console()
    output.print_training(console, record)
    if (out / TABLE).is_file():  # written with several scenes only
        output.print_scenes(console, read_table(out / TABLE), record)
    if (out / SEEDS).is_file():  # written with several seeds only
        output.print_seeds(console, read_table(out / SEEDS))
    output.print_attribution(console, record)
    output.print_files(console, out)
