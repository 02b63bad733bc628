"""Names of classes in text files, styles of QGIS and attribute tables of GDAL."""

from pathlib import Path

import pytest

from lrprism.errors import DataError
from lrprism.spectral.io.labels.names import find_names, list_names, read_name_file

TABLE = """<PAMDataset><PAMRasterBand band="1">{categories}
<GDALRasterAttributeTable>
<FieldDefn index="0"><Name>Value</Name><Type>0</Type><Usage>{code}</Usage></FieldDefn>
<FieldDefn index="1"><Name>Count</Name><Type>0</Type><Usage>1</Usage></FieldDefn>
<FieldDefn index="2"><Name>Class_Name</Name><Type>2</Type><Usage>{name}</Usage></FieldDefn>
<Row index="0"><F>211</F><F>9</F><F>Arable land</F></Row>
<Row index="1"><F>312</F><F>4</F><F>Forest</F></Row>
</GDALRasterAttributeTable></PAMRasterBand></PAMDataset>"""
QML = """<qgis><pipe><rasterrenderer><colorPalette>
<paletteEntry value="1" color="#00ff00" label="maize"/>
<paletteEntry value="2" color="#ff0000" label=" wheat "/>
</colorPalette></rasterrenderer></pipe></qgis>"""


@pytest.mark.parametrize(
    ("text", "expected", "is_list"),
    [
        ("1 maize\n2 winter wheat\n", {1: "maize", 2: "winter wheat"}, False),
        ("211,Arable land\n312,Forest, mixed\n", {211: "Arable land", 312: "Forest, mixed"}, False),
        ("# legend\ncode;name\n1;maize\n2;wheat\n", {1: "maize", 2: "wheat"}, False),
        ("1: maize\n2: wheat", {1: "maize", 2: "wheat"}, False),
        ("\ufeffmaize\nwinter wheat\n\n", {1: "maize", 2: "winter wheat"}, True),
        (
            "# QGIS Generated\nINTERPOLATION:EXACT\n1,0,255,0,255,maize\n2,1,2,3,255,wheat",
            {1: "maize", 2: "wheat"},
            False,
        ),
    ],
)
def test_names_in_a_text_file(tmp_path: Path, text: str, expected: dict[int, str], is_list: bool) -> None:
    (tmp_path / "names.txt").write_text(text, encoding="utf-8")
    names = read_name_file(tmp_path / "names.txt")
    assert (names.by_code, names.is_list, names.source) == (expected, is_list, "'names.txt'")


def test_names_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a file with names of classes. Found no such file"):
        read_name_file(tmp_path / "none.txt")
    (tmp_path / "twice.txt").write_text("1 maize\n1 wheat\n")
    with pytest.raises(DataError, match=r"name each class once.*Found 2 lines for 1 classes"):
        read_name_file(tmp_path / "twice.txt")
    (tmp_path / "plain.qml").write_text("<qgis/>")
    with pytest.raises(DataError, match=r"should name classes. Found none"):
        read_name_file(tmp_path / "plain.qml")
    (tmp_path / "cut.qml").write_text("<qgis>")
    with pytest.raises(DataError, match=r"cut\.qml' should be a file with names.*ParseError"):
        read_name_file(tmp_path / "cut.qml")
    (tmp_path / "bomb.qml").write_text('<!DOCTYPE a [<!ENTITY b "c">]><qgis>&b;</qgis>')
    with pytest.raises(DataError, match="should declare no entities"):
        read_name_file(tmp_path / "bomb.qml")
    (tmp_path / "large.txt").write_bytes(b"a\n" * (8 * 2**20 + 1))
    with pytest.raises(DataError, match="at most 16777216 bytes"):
        read_name_file(tmp_path / "large.txt")


def test_names_stand_beside_a_raster_in_their_order_of_trust(tmp_path: Path) -> None:
    raster = tmp_path / "map.tif"
    assert find_names(raster) is None
    (tmp_path / "labels.txt").write_text("1 x\n2 y\n")
    names = find_names(raster)
    assert names is not None
    assert (names.by_code, names.is_guess) == ({1: "x", 2: "y"}, True)
    (tmp_path / "map.qml").write_text(QML)
    names = find_names(raster)
    assert names is not None
    assert (names.by_code, names.source, names.is_guess) == ({1: "maize", 2: "wheat"}, "'map.qml'", False)
    (tmp_path / "map.tif.aux.xml").write_text(TABLE.format(categories="", code=5, name=2))
    names = find_names(raster)
    assert names is not None
    assert (names.by_code, names.source) == ({211: "Arable land", 312: "Forest"}, "'map.tif.aux.xml'")


def test_a_text_of_another_kind_beside_a_raster_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "map.txt").write_text("1 a\n1 b\n")
    assert find_names(tmp_path / "map.tif") is None


def test_categories_are_counted_from_zero_and_fields_told_by_their_titles(tmp_path: Path) -> None:
    categories = (
        "<CategoryNames><Category>Nothing</Category><Category/><Category>Oak</Category></CategoryNames>"
    )
    table = tmp_path / "map.tif.aux.xml"
    table.write_text(f'<PAMDataset><PAMRasterBand band="1">{categories}</PAMRasterBand></PAMDataset>')
    names = find_names(tmp_path / "map.tif")
    assert names is not None
    assert names.by_code == {0: "Nothing", 2: "Oak"}
    table.write_text(TABLE.format(categories="", code=0, name=0))  # no usage says which is which
    names = find_names(tmp_path / "map.tif")
    assert names is not None
    assert names.by_code == {211: "Arable land", 312: "Forest"}


def test_a_list_is_numbered() -> None:
    assert list_names(["a", "b"], "here").by_code == {1: "a", 2: "b"}
    assert list_names(["a", "b"], "here", first=0).by_code == {0: "a", 1: "b"}
