"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Seed = Annotated[int, typer.Option(help="Seed of everything drawn at random.", min=0)]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")]
Out = Annotated[Path, typer.Option(help="Folder for the results; it appears when all is written.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an earlier run in that folder.")]
AsJson = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON document in place of the text; progress stays on stderr."),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress.")]

DEVICES = "Devices"
Accelerator = Annotated[str, typer.Option(help="auto, cpu, gpu or mps.", rich_help_panel=DEVICES)]
HowMany = Annotated[
    str,
    typer.Option("--devices", help="How many or which: 2, 0,1, or auto for all.", rich_help_panel=DEVICES),
]
Strategy = Annotated[str, typer.Option(help="Lightning's strategy: auto, ddp.", rich_help_panel=DEVICES)]
Nodes = Annotated[int, typer.Option(help="Number of machines.", min=1, rich_help_panel=DEVICES)]

Target = Annotated[
    str | None,
    typer.Option(
        help="Class to explain: predicted, true, the name of a class or its number in the labels; by default "
        "predicted. Of a regression: the name or number of the trait."
    ),
]
Pool = Annotated[
    float | None,
    typer.Option(
        metavar="NM",
        help="Width in nm over which relevance is averaged along wavelength, beside the map as computed; 0 "
        "for none. By default the width over which the bands of the training samples vary together.",
        min=0,
    ),
]
PlantNdvi = Annotated[
    float | None,
    typer.Option(
        help="NDVI above which a pixel of a patch is a plant, for the areas of areas.csv and the check for "
        "relevance on the background. By default the patches propose a threshold, where pixels are of two "
        "kinds.",
        min=-1,
        max=1,
    ),
]
TrustedModel = Annotated[
    str | None,
    typer.Option(
        "--model", help="For a run with a network of your own: package.module:factory, which may be imported."
    ),
]

DATA = "Data"
Data = Annotated[
    str,
    typer.Argument(
        help="A cube; spectra: a table (csv, parquet), a spectral library, a file or folder of files; "
        "patches: an HDF5 file (train_img, train_labels), a folder with sub-folders named by class, .npy; or "
        "indian-pines."
    ),
]
Labels = Annotated[
    str | None,
    typer.Option(
        help="For a cube: its label map (.mat, .npy, .csv, .nc, .tif, .png, .hdr), polygons or points "
        "(.gpkg, .geojson, .shp), or points in a .csv with a heading. For a library or a folder: a table "
        "with the names of its spectra or files; for .npy: the classes in a .npy.",
        rich_help_panel=DATA,
    ),
]
Scenes = Annotated[
    list[str],
    typer.Argument(
        help="A cube, or several scenes; spectra: a table (csv, parquet), a spectral library, a file or "
        "folder of files; patches: an HDF5 file (train_img, train_labels), a folder with sub-folders named "
        "by class, .npy; or indian-pines."
    ),
]
SceneLabels = Annotated[
    list[str] | None,
    typer.Option(
        "--labels",
        help="For a cube: its label map (.mat, .npy, .csv, .nc, .tif, .png, .hdr), polygons or points "
        "(.gpkg, .geojson, .shp), or points in a .csv with a heading; one for each of several scenes, in "
        "their order, or one file of polygons or points for all. For a library or a folder: a table with the "
        "names of its spectra or files; for .npy: the classes in a .npy.",
        rich_help_panel=DATA,
    ),
]
TestScenes = Annotated[
    list[str] | None,
    typer.Option(
        "--test",
        help="Other scenes to test on, whole; the network learns from the first ones.",
        rich_help_panel=DATA,
    ),
]
TestLabels = Annotated[
    list[str] | None,
    typer.Option(
        help="Their labels, where --labels is not one file of polygons or points for all.",
        rich_help_panel=DATA,
    ),
]
ResampleScenes = Annotated[
    bool,
    typer.Option(
        "--resample",
        help="Average the bands of later scenes to the wavelengths of the first, where they differ, by a "
        "Gaussian round each.",
        rich_help_panel=DATA,
    ),
]
LabelAttribute = Annotated[
    str | None,
    typer.Option(help="Of polygons or points: the attribute that says their class.", rich_help_panel=DATA),
]
LabelLayer = Annotated[
    str | None, typer.Option(help="Of a file with several layers: the one to take.", rich_help_panel=DATA)
]
LabelCrs = Annotated[
    str | None,
    typer.Option(
        help="Reference system of the labels, in place of the file's: EPSG:4326.", rich_help_panel=DATA
    ),
]
Unlabelled = Annotated[
    str | None,
    typer.Option(
        help="Codes that mean unlabelled, by commas, or none; by default 0 of a label map.",
        rich_help_panel=DATA,
    ),
]
OtherLabels = Annotated[
    str | None,
    typer.Option(
        "--labels",
        help="The label map of data other than those of the training, whose labels are never taken for them.",
        rich_help_panel=DATA,
    ),
]
Resample = Annotated[
    bool,
    typer.Option(
        "--resample",
        help="Average the bands of other data to the wavelengths of the training, by a Gaussian round each.",
        rich_help_panel=DATA,
    ),
]
Key = Annotated[
    str | None, typer.Option(help="For a file of several arrays: the cube's name.", rich_help_panel=DATA)
]
BandAxis = Annotated[
    int | None,
    typer.Option(
        help="For arrays whose axes have no names: that of the bands, 0, 1, 2 or -1.", rich_help_panel=DATA
    ),
]
LabelColumn = Annotated[
    str | None,
    typer.Option(
        "--label-column",
        help="For a table: the column that names the class, where several could.",
        rich_help_panel=DATA,
    ),
]
Task = Annotated[
    str,
    typer.Option(
        help="classification; segmentation, the class of each pixel of a scene, by --model unet; or "
        "regression of numbers such as nitrogen: the columns of a table or the attributes of polygons in "
        "--target-column, a raster of values in --labels, numbers in an HDF5 file or in y.npy.",
        rich_help_panel=DATA,
    ),
]
TargetColumn = Annotated[
    list[str] | None,
    typer.Option(
        "--target-column",
        help="For a regression: the column or attribute that holds the trait; several times for several. "
        "Its unit may be in the name: nitrogen (%), N_%.",
        rich_help_panel=DATA,
    ),
]
TargetUnit = Annotated[
    list[str] | None,
    typer.Option(
        "--target-unit",
        help="For a regression: the unit of each --target-column, such as mg/g, where its name has none.",
        rich_help_panel=DATA,
    ),
]
GroupColumn = Annotated[
    str | None,
    typer.Option(
        "--group-column",
        help="For a table: the column that names the plant, field or day; whole groups are split.",
        rich_help_panel=DATA,
    ),
]
Wavelengths = Annotated[
    str | None,
    typer.Option(
        help="Where the file has none: FIRST:LAST in nm, or a text file. For a table: nm, um or cm-1, the "
        "unit of its column names.",
        rich_help_panel=DATA,
    ),
]
ClassNames = Annotated[
    str | None,
    typer.Option(
        help="Where the file has none: names by commas, in the order of the numbers in the labels; or a file "
        "with a name, or CODE NAME, on each line.",
        rich_help_panel=DATA,
    ),
]
AveragePairs = Annotated[
    bool,
    typer.Option("--average-pairs", help="Average bands 2i and 2i+1 of the data.", rich_help_panel=DATA),
]
Bands = Annotated[
    str | None,
    typer.Option(
        help="Bands of the data to keep, from 0: 0,1,3,10-20 or tutorial; else those not flagged bad.",
        rich_help_panel=DATA,
    ),
]
Window = Annotated[
    int,
    typer.Option(help="Side of the windows cut from a scene, in pixels, odd.", min=1, rich_help_panel=DATA),
]
