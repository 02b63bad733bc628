"""``lrprism train``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lrprism.cli import options, output
from lrprism.report import writing_run
from lrprism.spectral import parse_bands
from lrprism.training import TrainingConfig
from lrprism.workbench import Preparation, TrainingSettings, train_into
from lrprism.workbench.progress import Reporter


def train(
    data: Annotated[
        str, typer.Argument(help="An HDF5 patch file (train_img, train_labels), or indian-pines.")
    ],
    out: options.Out,
    average_pairs: Annotated[
        bool, typer.Option("--average-pairs", help="Average bands 2i and 2i+1 first.")
    ] = False,
    bands: Annotated[str | None, typer.Option(help="Bands to keep, from 0: 0,1,3,10-20 or tutorial.")] = None,
    window: Annotated[int, typer.Option(help="Side of the windows cut from a scene, pixels.", min=3)] = 7,
    wavelengths: Annotated[
        str | None, typer.Option(help="For a patch file: FIRST:LAST in nm, or a text file.")
    ] = None,
    class_names: Annotated[
        str | None, typer.Option(help="For a patch file: names, class 0 first, by commas.")
    ] = None,
    epochs: Annotated[int, typer.Option(min=1)] = 20,
    batch_size: Annotated[int, typer.Option(min=1)] = TrainingConfig.batch_size,
    learning_rate: Annotated[
        float, typer.Option(help="Peak of the one cycle.")
    ] = TrainingConfig.learning_rate,
    test_fraction: Annotated[float, typer.Option(help="Share of the samples to test on.")] = 0.5,
    block: Annotated[int, typer.Option(help="Side of the disjoint blocks of a scene, pixels.", min=1)] = 16,
    per_class: Annotated[int | None, typer.Option(help="Training samples per class at most.", min=1)] = None,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
) -> None:
    """Train Hyper3DNetLite; write weights, split and run.json.

    Examples:
        lrprism train weed_dataset_w25.hdf5 --average-pairs --bands tutorial --out runs/kochia

        lrprism train indian-pines --average-pairs --window 9 --epochs 30 --out runs/pines
    """
    settings = TrainingSettings(
        source=data,
        preparation=Preparation(
            average_pairs,
            None if bands is None else parse_bands(bands),
            window,
            wavelengths,
            None if class_names is None else tuple(name.strip() for name in class_names.split(",")),
        ),
        block=block,
        test_fraction=test_fraction,
        per_class=per_class,
        training=TrainingConfig(
            epochs=epochs,
            batch_size=batch_size,
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
