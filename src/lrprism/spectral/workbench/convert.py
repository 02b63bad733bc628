"""A cube of one format into a file of another."""

from pathlib import Path

from lrprism.spectral.cubes.bands import select_bands
from lrprism.spectral.io import read_cube
from lrprism.spectral.io.writers import check_output, write_cube
from lrprism.spectral.workbench.preparation import Preparation
from lrprism.spectral.workbench.progress import Reporter


def convert_cube(
    source: str, out: Path, preparation: Preparation, reporter: Reporter, *, overwrite: bool = False
) -> list[str]:
    """Write a cube into a file of the format that its ending says.

    All bands are kept unless some are chosen: those flagged bad keep their flag. Values are read and written
    piece by piece.

    Args:
        source: The path of a cube, or ``"indian-pines"``.
        out: The file to be.
        preparation: The facts that the file lacks, wavelengths and the name of its array, and the bands to
            keep.
        reporter: Shows the progress.
        overwrite: Whether a file of that name may be replaced.

    Returns:
        What was written and what was assumed, a sentence each.

    Raises:
        InputError: If the ending is unknown, or a package for a format is missing.
        DataError: If the cube cannot be read, or not be held by the format.
        ResultsError: If the file exists and may not be replaced, or it cannot be written.
    """
    # a wrong name should cost no reading
    check_output(out, overwrite=overwrite)
    with reporter.step(f"reading {source}"):
        cube = read_cube(
            source,
            wavelengths=preparation.wavelengths,
            key=preparation.key,
            band_axis=preparation.band_axis,
        )
        if preparation.bands is not None:
            cube = select_bands(cube, preparation.bands)
        target, writer = check_output(out, cube, overwrite=overwrite)
    with reporter.step(f"writing {target.name}"):
        write_cube(cube, target, overwrite=overwrite)
    sizes = ", ".join(f"{size} {name}" for name, size in cube.sizes.items())
    notes = [f"Note: {note}." for note in cube.attrs["assumed"]]
    return [
        f"{sizes} as {writer.name}: {', '.join(str(file) for file in writer.files(target) if file.exists())}",
        *notes,
    ]
