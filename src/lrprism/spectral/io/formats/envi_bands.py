"""The wavelengths of the bands in an ENVI header."""

import numpy as np
import numpy.typing as npt

from lrprism.spectral.cubes.wavelengths import (
    ASK_FOR_WAVELENGTHS,
    MissingWavelengthsError,
    WavelengthSource,
    read_wavelengths,
)
from lrprism.spectral.io.band_names import read_band_names
from lrprism.spectral.io.decode import convert_bands_to_nm
from lrprism.spectral.io.formats.envi_header import EnviHeader


def read_band_facts(
    header: EnviHeader, bands: int, wavelengths: WavelengthSource | None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None, tuple[str, ...]]:
    """Read wavelength and width of each band, from the user where stated, else from the header.

    Shapes: wavelengths and FWHM ``[bands]``.

    Args:
        header: The header.
        bands: Number of bands.
        wavelengths: What the user states, or None.

    Returns:
        Wavelengths in nm, FWHM in nm or None, and what was assumed.

    Raises:
        MissingWavelengthsError: If neither states wavelengths.
        DataError: If they do not fit the bands.
    """
    if wavelengths is not None:
        centre, fwhm = read_wavelengths(wavelengths, bands)
        why = "in place of those in the header" if header.words("wavelength") else "the header has none"
        return centre, fwhm, (f"wavelengths are those given on reading: {why}",)
    listed = header.reals("wavelength", bands)
    width = header.reals("fwhm", bands)
    if listed is not None:
        return convert_bands_to_nm(listed, width, header.fields.get("wavelength units"))
    # some programs keep the wavelengths in the names of the bands alone
    names = header.words("band names")
    named = read_band_names(names, bare_numbers=True) if len(names) == bands else None
    if named is None:
        raise MissingWavelengthsError(
            f"'{header.path}' should state the wavelength of its {bands} bands. Found none. "
            f"{ASK_FOR_WAVELENGTHS}"
        )
    return (*convert_bands_to_nm(named[0], width, "nm")[:2], named[1])
