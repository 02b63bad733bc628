"""Files with one spectrum each: a single one, or a folder of them."""

from pathlib import Path
from typing import Final

import numpy as np

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import band_coords
from lrprism.spectral.cubes.patches import PatchSet
from lrprism.spectral.io.failures import naming
from lrprism.spectral.io.format import FileMarks
from lrprism.spectral.io.sample_folder import list_files, read_facts
from lrprism.spectral.io.sample_format import SampleFormat, SampleOptions
from lrprism.spectral.io.spectra.exchange import JCAMP, SPC
from lrprism.spectral.io.spectra.instruments import ASD, SED, SIG
from lrprism.spectral.io.spectra.labelling import lay_spectra_out
from lrprism.spectral.io.spectra.spectrum import Spectrum, SpectrumFormat

SPECTRUM_FORMATS: Final[tuple[SpectrumFormat, ...]] = (SIG, SED, ASD, JCAMP, SPC)
"""All formats of files with one spectrum each."""
_SUFFIXES: Final = tuple(suffix for entry in SPECTRUM_FORMATS for suffix in entry.suffixes)
_SAME_NM: Final = 0.01  # files write wavelengths with one to three decimals


def read_spectrum_files(path: Path, options: SampleOptions) -> PatchSet:
    """Read a file with a spectrum, or a folder of such files, as patches of 1 x 1 pixel.

    In a folder the sub-folders are the classes, unless a table, ``options.labels``, names them.

    Args:
        path: The file or folder.
        options: The table of labels and its columns.

    Returns:
        The samples, each named by its path inside the folder; the label is -1 where it is not known.

    Raises:
        DataError: If a file cannot be read, or the spectra differ in their wavelengths or quantity.
        InputError: If a package for a format is missing.
    """
    files = [path] if path.is_file() else list_files(path, _SUFFIXES)
    folder = path.parent if path.is_file() else path
    spectra = [_read_spectrum(file) for file in files]
    _check_alike(files, spectra)
    first = spectra[0]
    order = np.argsort(first.wavelength, kind="stable")
    facts, notes = read_facts(folder, files, options)
    values = np.array([spectrum.values[order] for spectrum in spectra], dtype=np.float32)
    return lay_spectra_out(
        values,
        band_coords(len(order), first.wavelength[order]),
        facts,
        options,
        {
            "title": path.name, "attribution": "", "quantity": first.quantity, "units": first.units,
            "assumed": notes,
        },
    )  # fmt: skip


def _read_spectrum(file: Path) -> Spectrum:
    suffix = file.suffix.lower()
    entry = next(entry for entry in SPECTRUM_FORMATS if suffix in entry.suffixes)
    with naming(file):
        return entry.read(file)


def _check_alike(files: list[Path], spectra: list[Spectrum]) -> None:
    """Refuse spectra that differ in their wavelengths or in what they measure.

    Raises:
        DataError: If two do.
    """
    first = spectra[0]
    for file, spectrum in zip(files[1:], spectra[1:], strict=True):
        nm, own = first.wavelength, spectrum.wavelength
        if len(own) != len(nm) or np.abs(own - nm).max() > _SAME_NM:
            expected, found = (
                f"{len(axis)} from {axis.min():.1f} to {axis.max():.1f} nm" for axis in (nm, own)
            )
            raise DataError(
                f"'{file}' should have the wavelengths of '{files[0]}': {expected}. Found {found}. "
                "Resample them."
            )
        if spectrum.quantity != first.quantity:
            raise DataError(
                f"'{file}' should be of {first.quantity}, as '{files[0]}'. Found {spectrum.quantity}. "
                "Convert one of them."
            )


def _is_spectra(marks: FileMarks) -> bool:
    if marks.path.is_dir():
        return bool(list_files(marks.path, _SUFFIXES))
    # the text file of wavelengths that the package spectral carries is called .spc too
    return marks.path.suffix.lower() in _SUFFIXES and marks.path.is_file()


SPECTRUM_FILES: Final = SampleFormat(
    "spectra, a file each",
    _is_spectra,
    read_spectrum_files,
    files=", ".join(_SUFFIXES),
    options=("labels", "label_column", "group_column", "traits"),
)
