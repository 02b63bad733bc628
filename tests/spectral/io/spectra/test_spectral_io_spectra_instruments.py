from pathlib import Path

import pytest

import lrprism as lp
from lrprism.spectral.io.spectra.instruments import read_sed, read_sig, refuse_asd

SIG = """/*** Spectra Vista SIG Data ***/
name= leaf.sig
instrument= HI: 1122033
units= Radiance, Radiance
data=
338.4  1000.50  100.05  10.00
339.9  1001.00  200.20  20.00
"""
SED = """Comment:
Version: 2.3
Instrument: PSR-3500_SN1234567 [3]
Columns [4]
Data:
Wvl\tRad. (Ref.)\tRad. (Target)\tReflect. %
350\t1.0E-2\t5.0E-4\t5.00
351\t1.0E-2\t6.0E-4\t6.00
"""


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_svc(tmp_path: Path) -> None:
    spectrum = read_sig(write(tmp_path / "a.sig", SIG))
    assert spectrum.wavelength.tolist() == [338.4, 339.9]
    assert spectrum.values.tolist() == [0.1, 0.2]
    assert (spectrum.quantity, spectrum.units) == ("reflectance", "1")


@pytest.mark.parametrize("column", ["Reflect. %", "Reflect. [1.0]"])
def test_spectral_evolution(tmp_path: Path, column: str) -> None:
    spectrum = read_sed(write(tmp_path / "a.sed", SED.replace("Reflect. %", column)))
    assert spectrum.wavelength.tolist() == [350, 351]
    assert spectrum.values.tolist() == ([0.05, 0.06] if "%" in column else [5, 6])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SIG.replace("data=", "end"), r"line 'data='\. Found none"),
        (SIG.replace("  10.00", ""), r"equally many numbers\. Found 2 lines of \[3, 4\]"),
        (SIG.replace("  10.00", "").replace("  20.00", ""), r"on each line\. Found 3 columns\. Export"),
        (SIG.replace("20.00", "low"), r"an SVC \.sig file\. Found one that cannot be read"),
        (SIG.split("338")[0], r"equally many numbers\. Found 0 lines of \[\]"),
    ],
)
def test_damaged_svc_files(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(lp.DataError, match=message):
        read_sig(write(tmp_path / "a.sig", text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SED.replace("Data:", "end"), r"line 'Data:'\. Found none"),
        (
            SED.replace("Reflect. %", "Rad. %"),
            r"one column 'Reflect\. %' .* Found Wvl, Rad\. \(Ref\.\), .* 4 columns",
        ),
        (SED.replace("Reflect. %", "Reflect."), r"one column 'Reflect\. %' or"),
        (SED.replace("\t5.00", "").replace("\t6.00", ""), r"over 3 columns\. Export"),
    ],
)
def test_damaged_spectral_evolution_files(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(lp.DataError, match=message):
        read_sed(write(tmp_path / "a.sed", text))


def test_asd_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(
        lp.DataError, match=r"Found the binary format of an ASD FieldSpec\. Export reflectance"
    ):
        refuse_asd(tmp_path / "a.asd")
