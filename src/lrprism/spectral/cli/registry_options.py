"""Options whose choices come from the registries of rules, networks, steps, splits and writers."""

from typing import Annotated

import typer

from lrprism.spectral.io.writers import WRITERS
from lrprism.spectral.knowledge.sensors import SENSORS
from lrprism.spectral.networks import NETWORKS
from lrprism.spectral.preprocessing import STEPS
from lrprism.spectral.splits import SCHEMES
from lrprism.spectral.workbench.band_tables import ZONE_WORDS
from lrprism.spectral.workbench.candidates import AUTO
from lrprism.spectral.workbench.composites import COMPOSITES
from lrprism.spectral.workbench.references import DEFAULT_REFERENCE, REFERENCES
from lrprism.spectral.workbench.split_settings import POLYGON, SCENES, VALIDATIONS

Rule = Annotated[
    str,
    typer.Option(
        help=f"Composite, which gives each op its LRP rule: {', '.join(COMPOSITES)}; or {AUTO}: composite, "
        "reference and width that best rank the bands by which this network decides, chosen on samples that "
        "are not explained. Spectra are compared with --reference, where a name alone in lrprism evaluate "
        "means zero. The library's own default, lp.explain, is epsilon-gamma with --reference zero."
    ),
]

Reference = Annotated[
    str | None,
    typer.Option(
        help=f"What spectra are compared with: {', '.join(REFERENCES)}. Relevance adds up to the difference "
        "of the outputs, and no bias keeps a share; mean: of the training samples. By default "
        f"{DEFAULT_REFERENCE}.",
    ),
]

ZoneSets = Annotated[
    str | None,
    typer.Option(
        "--zones",
        help="Zones of the spectrum whose relevance zones.csv sums, by commas: "
        f"{', '.join(ZONE_WORDS)}; a sensor: {', '.join(sensor.name for sensor in SENSORS)}; or a .csv with "
        "the columns name, start_nm, end_nm. By default vegetation.",
    ),
]

MapFormats = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="With --every-pixel: formats of the maps, by commas: "
        f"{', '.join(writer.word for writer in WRITERS)}. By default netcdf.",
    ),
]

NETWORK = "Network"
Model = Annotated[
    str,
    typer.Option(
        help=f"{', '.join(NETWORKS)}, or your own: package.module:factory, called with those of bands, "
        "classes and window that it takes.",
        rich_help_panel=NETWORK,
    ),
]
Layout = Annotated[
    str | None,
    typer.Option(
        help="What a network of your own takes, unless its attribute layout says so: patch [N, band, y, x], "
        "volume [N, 1, band, y, x] or spectrum [N, band].",
        rich_help_panel=NETWORK,
    ),
]
Preprocess = Annotated[
    str,
    typer.Option(
        # the examples show how numbers are written
        help=f"Steps in front of the network, by commas, or none: {', '.join(STEPS)}. With numbers: "
        f"{', '.join(step.example for step in STEPS.values() if step.example)}. Fitted to the training part; "
        "relevance passes them back to the bands of the data.",
        rich_help_panel=NETWORK,
    ),
]
Pca = Annotated[
    int | None,
    typer.Option(help="One more step: this number of principal components.", min=1, rich_help_panel=NETWORK),
]
Weights = Annotated[
    str | None,
    typer.Option(
        help="Weights to begin with: safetensors, or a checkpoint without pickled code.",
        rich_help_panel=NETWORK,
    ),
]

SPLIT = "Split"
SplitBy = Annotated[
    str | None,
    typer.Option(
        "--split",
        help=f"{', '.join(SCHEMES)}; or a file of indices, a map, or TRAIN,TEST files; {SCENES}: of several, "
        "each is tested whole by a training on the others. By default blocks in each scene, random for "
        "patches. Windows of random pixels overlap.",
        rich_help_panel=SPLIT,
    ),
]
Groups = Annotated[
    str | None,
    typer.Option(
        help="Plant, field or day of each sample: a map of numbers for a scene, a list for patches; or "
        f"{POLYGON}: labels drawn as polygons stay together.",
        rich_help_panel=SPLIT,
    ),
]
Block = Annotated[
    int, typer.Option(help="Side of blocks and squares, in pixels.", min=1, rich_help_panel=SPLIT)
]
TestFraction = Annotated[float, typer.Option(help="Share of the samples to test on.", rich_help_panel=SPLIT)]
Validation = Annotated[
    str | None,
    typer.Option(
        help=f"What chooses the best epoch: {' or '.join(VALIDATIONS)} of the training part; by default "
        "groups where the split is by groups, else random.",
        rich_help_panel=SPLIT,
    ),
]
