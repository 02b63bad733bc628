"""``lrprism simulate``."""

from pathlib import Path
from typing import Annotated, cast

import typer
from rich.console import Console

from lrprism.spectral.cli import options, output, settings
from lrprism.spectral.simulate import TRAITS, LeafSettings, PlantSettings
from lrprism.spectral.simulate.leaf_settings import LEAF_DEPTH
from lrprism.spectral.simulate.plan import CONFOUNDERS, Confounder
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.simulate import describe_truth, find_split_file, simulate_into

PLANTED = "Planted"
_CARRIERS, _DECOYS = "3", "4"


def simulate(
    out: Annotated[Path, typer.Option(help="HDF5 file to write; it appears when all is written.")],
    samples: Annotated[int, typer.Option(help="Number of images.", min=1)] = 600,
    classes: Annotated[int, typer.Option(help="Number of classes.")] = 3,
    trait: Annotated[
        str | None,
        typer.Option(
            help=f"What tells the classes apart, instead of planted features: {', '.join(TRAITS)}.",
            rich_help_panel=PLANTED,
        ),
    ] = None,
    planted: Annotated[
        str | None,
        typer.Option(
            show_default=_CARRIERS,
            help="Features that carry the class, in the half of the leaf towards its tip: their number, or "
            "wavelengths in nm by commas.",
            rich_help_panel=PLANTED,
        ),
    ] = None,
    decoys: Annotated[
        str | None,
        typer.Option(
            show_default=_DECOYS,
            help="Features as strong that do not carry it, likewise.",
            rich_help_panel=PLANTED,
        ),
    ] = None,
    fwhm: Annotated[float, typer.Option(help="Width of the features in nm.", rich_help_panel=PLANTED)] = 30.0,
    depth: Annotated[
        float,
        typer.Option(
            help="Strength of the features, in standard deviations of a band.", rich_help_panel=PLANTED
        ),
    ] = LEAF_DEPTH,
    noise_bands: Annotated[
        int, typer.Option(help="Bands at each end that hold noise alone.", rich_help_panel=PLANTED)
    ] = 4,
    confounder: Annotated[
        str | None,
        typer.Option(
            help=f"Put on 90 % of class 0 and 5 % of the others: {', '.join(CONFOUNDERS)}: an artefact in 3 "
            "bands, or a stripe beside the leaf.",
            rich_help_panel=PLANTED,
        ),
    ] = None,
    blind: Annotated[
        bool,
        typer.Option(
            "--blind",
            help="Let one decoy carry the class in the test part alone; writes the split that this needs.",
            rich_help_panel=PLANTED,
        ),
    ] = False,
    window: Annotated[int, typer.Option(help="Side of the images in pixels.")] = LeafSettings.window,
    seed: options.Seed = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier file.")] = False,
    quiet: options.Quiet = False,
) -> None:
    """Write images of leaves in which it is known what carries the class.

    300 bands from 387.12 to 1023.5 nm, in the layout of the LRP tutorial; the truth stands in the same file.

    Examples:
        lrprism simulate --out leaves.hdf5 --samples 600 --seed 1

        lrprism simulate --out leaves.hdf5 --planted 490,610,740 --decoys 550,850 --confounder stripe

        lrprism simulate --out leaves.hdf5 --trait chlorophyll
    """
    settings.check_planting(trait, planted, decoys)
    leaves = LeafSettings(
        PlantSettings(
            classes=classes,
            carriers=settings.read_features(planted or _CARRIERS),
            decoys=settings.read_features(decoys or _DECOYS),
            fwhm_nm=fwhm,
            depth=depth,
            noise_bands=noise_bands,
            blind=blind,
            confounder=cast(Confounder | None, confounder),
            seed=seed,
        ),
        trait=trait,
        window=window,
    )
    draft = simulate_into(out, samples, leaves, Reporter(not quiet), overwrite=overwrite)
    output.print_truth(Console(), describe_truth(draft.state_truth()), out)
    if blind:
        output.print_split(Console(), out, find_split_file(out))
