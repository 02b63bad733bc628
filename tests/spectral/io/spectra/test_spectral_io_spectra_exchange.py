"""JCAMP-DX and SPC, written here by their definitions; the packages that read them are an extra."""

import struct
import sys
from pathlib import Path

import numpy as np
import pytest

import lrprism as lp
from lrprism.spectral.io.spectra.exchange import read_jcamp, read_spc

JDX = """##TITLE=leaf
##JCAMP-DX=4.24
##DATA TYPE=INFRARED SPECTRUM
##XUNITS=1/CM
##YUNITS=REFLECTANCE
##XFACTOR=1
##YFACTOR=0.5
##FIRSTX=4000
##LASTX=8000
##NPOINTS=5
##FIRSTY=0.5
##XYDATA=(X++(Y..Y))
4000 1 2 3
7000 4 5
##END=
"""


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def write_spc(path: Path, values: list[float], *, axis: int = 3, kind: int = 129, spectra: int = 1) -> Path:
    """An SPC file of the new format, even steps from 400 to 600; axis 3 is nm, kind 129 reflectance."""
    flags = 0x04 if spectra > 1 else 0
    head = struct.pack(
        "<BBBbIddIBBBB", flags, 0x4B, 0, -128, len(values), 400.0, 600.0, spectra, axis, kind, 0, 0
    )
    block = struct.pack("<BBHfffIIf4x", 0, 0x80, 0, 0, 0, 0, len(values), 1, 0)
    body = block + np.array(values, dtype="<f4").tobytes()
    path.write_bytes(head.ljust(512, b"\0") + body * spectra)
    return path


def test_jcamp(tmp_path: Path) -> None:
    pytest.importorskip("jcamp")
    spectrum = read_jcamp(write(tmp_path / "a.jdx", JDX))
    # wavenumbers 4000, 5000, ..., 8000: 10^7 / 4000 = 2500 nm
    assert spectrum.wavelength.tolist() == pytest.approx([2500, 2000, 1e7 / 6000, 1e7 / 7000, 1250])
    assert spectrum.values.tolist() == [0.5, 1, 1.5, 2, 2.5]
    assert (spectrum.quantity, spectrum.units) == ("reflectance", "1")
    other = JDX.replace("REFLECTANCE", "ARBITRARY").replace("1/CM", "NANOMETERS")
    assert read_jcamp(write(tmp_path / "b.jdx", other)).quantity == "unknown"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (JDX.replace("7000 4 5", "7000 4"), r"one whole JCAMP-DX spectrum\. Found: .*\. Export it again"),
        (JDX.replace("7000 4 5", "7500 4 5"), r"Found: X-Check failed"),
        (JDX.replace("1/CM", "HZ"), r"over wavelength or wavenumber\. Found the axis 'HZ'"),
        (JDX.replace("##XYDATA", "##PEAKS"), r"Found: 0 of 5 values"),
        ("nothing", r"Found: 0 of 0 values\. Export it again"),
    ],
)
def test_damaged_jcamp_files(tmp_path: Path, text: str, message: str) -> None:
    pytest.importorskip("jcamp")
    with pytest.raises(lp.DataError, match=message):
        read_jcamp(write(tmp_path / "a.jdx", text))


def test_spc(tmp_path: Path) -> None:
    pytest.importorskip("spc_io")
    spectrum = read_spc(write_spc(tmp_path / "a.spc", [0.25, 0.5, 0.75]))
    assert spectrum.wavelength.tolist() == [400, 500, 600]
    assert spectrum.values.tolist() == [0.25, 0.5, 0.75]
    assert spectrum.quantity == "reflectance"
    with pytest.raises(lp.DataError, match=r"Found the axis 'XSECS'\. Convert it to nm"):
        read_spc(write_spc(tmp_path / "a.spc", [1, 2, 3], axis=4))
    with pytest.raises(lp.DataError, match=r"one spectrum\. Found 2\. Save each by itself"):
        read_spc(write_spc(tmp_path / "a.spc", [1, 2, 3], spectra=2))
    (tmp_path / "b.spc").write_bytes(b"no such thing")
    with pytest.raises(lp.DataError, match=r"an SPC file\. Found one that cannot be read"):
        read_spc(tmp_path / "b.spc")


@pytest.mark.parametrize(("package", "read"), [("jcamp", read_jcamp), ("spc_io", read_spc)])
def test_missing_packages_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, read: object
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    name = package.replace("_", "-")
    with pytest.raises(lp.InputError, match=rf"with the package {name}\. Found it not installed\. Install"):
        read(tmp_path / "a")  # type: ignore[operator]
