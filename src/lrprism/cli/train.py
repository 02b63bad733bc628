"""``lrprism train``."""

from pathlib import Path
from typing import Annotated, Literal, cast

import typer
from rich.console import Console

from lrprism.cli import options, output
from lrprism.models import NETWORKS
from lrprism.report import writing_run
from lrprism.spectral import parse_bands
from lrprism.training import TrainingConfig
from lrprism.workbench import Preparation, TrainingSettings, train_into
from lrprism.workbench.networks import SCALINGS, NetworkSettings
from lrprism.workbench.progress import Reporter
from lrprism.workbench.training import SPLITS


def train(
    data: Annotated[
        str,
        typer.Argument(help="A cube, an HDF5 patch file (train_img, train_labels), or indian-pines."),
    ],
    out: options.Out,
    labels: Annotated[
        str | None, typer.Option(help="For a cube: its label map (.mat, .npy, .tif, .csv, .hdr).")
    ] = None,
    key: Annotated[str | None, typer.Option(help="For a file of several arrays: the cube's name.")] = None,
    average_pairs: Annotated[
        bool, typer.Option("--average-pairs", help="Average bands 2i and 2i+1 first.")
    ] = False,
    bands: Annotated[str | None, typer.Option(help="Bands to keep, from 0: 0,1,3,10-20 or tutorial.")] = None,
    window: Annotated[int, typer.Option(help="Side of the windows cut from a scene, pixels.", min=3)] = 7,
    wavelengths: Annotated[
        str | None, typer.Option(help="Where the file has none: FIRST:LAST in nm, or a text file.")
    ] = None,
    class_names: Annotated[
        str | None, typer.Option(help="Where the file has none: names, class 0 first, by commas.")
    ] = None,
    model: Annotated[str, typer.Option(help=f"Network: {', '.join(NETWORKS)}.")] = NetworkSettings.name,
    scaling: Annotated[
        str, typer.Option(help=f"Of each band: {', '.join(SCALINGS)}.")
    ] = NetworkSettings.scaling,
    pca: Annotated[
        int | None, typer.Option(help="Principal components that the network sees.", min=1)
    ] = None,
    epochs: Annotated[int, typer.Option(min=1)] = 20,
    batch_size: Annotated[int, typer.Option(min=1)] = TrainingConfig.batch_size,
    optimizer: Annotated[str, typer.Option(help="adamw or adadelta.")] = TrainingConfig.optimizer,
    learning_rate: Annotated[
        float, typer.Option(help="Peak of the one cycle; 1 for adadelta.")
    ] = TrainingConfig.learning_rate,
    test_fraction: Annotated[float, typer.Option(help="Share of the samples to test on.")] = 0.5,
    split: Annotated[
        str, typer.Option(help=f"Of a scene: {', '.join(SPLITS)}. Windows of random pixels overlap.")
    ] = TrainingSettings.split,
    block: Annotated[int, typer.Option(help="Side of the disjoint blocks of a scene, pixels.", min=1)] = 16,
    per_class: Annotated[int | None, typer.Option(help="Training samples per class at most.", min=1)] = None,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
) -> None:
    """Train a network; write weights, split and run.json.

    Examples:
        lrprism train weed_dataset_w25.hdf5 --average-pairs --bands tutorial --out runs/kochia

        lrprism train indian-pines --average-pairs --window 9 --epochs 30 --out runs/pines

        lrprism train paviaU.mat --labels paviaU_gt.mat --model hybridsn --pca 30 --window 9 --out runs/pavia

        lrprism train indian-pines --model hybridsn --pca 30 --window 9 --out runs/hybridsn
    """
    settings = TrainingSettings(
        source=data,
        preparation=Preparation(
            average_pairs,
            None if bands is None else parse_bands(bands),
            window,
            wavelengths,
            None if class_names is None else tuple(name.strip() for name in class_names.split(",")),
            labels,
            key,
        ),
        network=NetworkSettings(model, scaling, pca),
        split=split,
        block=block,
        test_fraction=test_fraction,
        per_class=per_class,
        training=TrainingConfig(
            epochs=epochs,
            batch_size=batch_size,
            optimizer=cast(Literal["adamw", "adadelta"], optimizer),
            learning_rate=learning_rate,
            seed=seed,
            device=device,
            augment=True,
            initialize=True,
        ),
    )
    with writing_run(out, overwrite=overwrite) as folder:
        record = train_into(folder, settings, Reporter(not quiet))
    console = Console()
    output.print_training(console, record)
    output.print_attribution(console, record)
    output.print_files(console, Path(out))
