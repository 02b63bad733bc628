from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import rasterio
from scipy.io import savemat

from lrprism.errors import DataError
from lrprism.spectral import Split, contiguous_cut, hold_out, read_split
from small_scenes import labelled, random_labels

# pixels 0..11; unlabelled are 3 and 8
SCENE = labelled([[1, 1, 2, 0], [2, 1, 1, 2], [0, 3, 3, 1]])
PATCHES = [0, 1, 0, 1, 2, 2, 0]
TRAIN, TEST = [0, 2, 5], [1, 7, 9, 10]
MAP = np.array([[1, 2, 1, 0], [0, 1, 0, 2], [0, 2, 2, 0]])
TRAIN_MAP, TEST_MAP = (MAP == 1) * SCENE.values, (MAP == 2) * SCENE.values
Arrays = Mapping[str, npt.ArrayLike]


def write(path: Path, arrays: Arrays) -> Path:
    """Write arrays in the format that the name of the file says."""
    only = np.asarray(next(iter(arrays.values())))
    if path.suffix == ".npz":
        np.savez(path, **{name: np.asarray(values) for name, values in arrays.items()})
    elif path.name.endswith("v73.mat"):
        with h5py.File(path, "w") as file:
            for name, values in arrays.items():
                file[name] = np.atleast_2d(values).T
    elif path.suffix == ".mat":
        savemat(path, dict(arrays))
    elif path.suffix == ".npy":
        np.save(path, only)
    elif path.suffix == ".tif":
        shape = {"height": only.shape[0], "width": only.shape[1], "count": 1, "dtype": "uint8"}
        with (
            pytest.warns(rasterio.errors.NotGeoreferencedWarning),
            rasterio.open(path, "w", driver="GTiff", **shape) as file,
        ):
            file.write(only.astype(np.uint8), 1)
    else:
        np.savetxt(path, only, delimiter=",", fmt="%d")
    return path


def assert_read(split: Split) -> None:
    assert (split.train.tolist(), split.test.tolist()) == (TRAIN, TEST)
    # class 0: pixels 0, 1, 5, 6, 11; class 1: 2, 4, 7; class 2: 9, 10
    assert split.coverage["labelled"].tolist() == [5, 3, 2]
    assert split.coverage["train"].tolist() == [2, 1, 0]
    assert split.coverage["test"].tolist() == [1, 1, 2]
    assert split.notes[0].endswith(": 3 labelled pixels are in no part")
    assert split.notes[1] == "not in both parts: class 2"


@pytest.mark.parametrize("name", ["split.npy", "split.mat", "v73.mat", "split.tif", "split.txt", "split.npz"])
def test_a_map_of_a_scene(tmp_path: Path, name: str) -> None:
    split = read_split(write(tmp_path / name, {"split": MAP}), SCENE)
    assert_read(split)
    assert split.notes[0].startswith(f"split of {name}: ")


@pytest.mark.parametrize("names", [("train", "test"), ("Train_Indices", "TEST_indices"), ("TR", "TE")])
@pytest.mark.parametrize("name", ["split.npz", "split.mat", "v73.mat"])
def test_two_lists_in_one_file(tmp_path: Path, name: str, names: tuple[str, str]) -> None:
    lists = dict(zip(names, [TRAIN[::-1], TEST[::-1]], strict=True))
    assert_read(read_split(write(tmp_path / name, {**lists, "input": np.zeros((3, 4, 5))}), SCENE))


@pytest.mark.parametrize("name", ["split.npz", "split.mat"])
def test_two_label_maps_in_one_file(tmp_path: Path, name: str) -> None:
    assert_read(read_split(write(tmp_path / name, {"TR": TRAIN_MAP, "TE": TEST_MAP, "label": MAP}), SCENE))


@pytest.mark.parametrize("name", [".npy", ".mat", "v73.mat", ".tif", ".csv", ".txt", ".npz"])
def test_two_files_of_label_maps(tmp_path: Path, name: str) -> None:
    train = write(tmp_path / f"TR{name}", {"mask_TR": TRAIN_MAP})
    test = write(tmp_path / f"TE{name}", {"mask_TE": TEST_MAP})
    assert_read(read_split(train, SCENE, test_path=test))


@pytest.mark.parametrize("name", [".npy", ".mat", ".csv", ".txt", ".npz"])
def test_two_files_of_lists(tmp_path: Path, name: str) -> None:
    paths = [
        write(tmp_path / f"{part}{name}", {part: numbers}) for part, numbers in (("a", TRAIN), ("b", TEST))
    ]
    assert_read(read_split(paths[0], SCENE, test_path=paths[1]))


def test_masks_of_a_patch_set(tmp_path: Path) -> None:
    train = np.array([True, True, False, False, True, False, False])
    path = write(tmp_path / "split.npz", {"train_mask": train, "test_mask": ~train, "val": [], "x": [1]})
    split = read_split(path, PATCHES, class_names=["a", "b", "c"])
    assert (split.train.tolist(), split.test.tolist()) == ([0, 1, 4], [2, 3, 5, 6])
    assert split.coverage["class_name"].tolist() == ["a", "b", "c"]
    assert "validation" not in split.coverage
    assert split.notes == ("split of split.npz: 0 labelled samples are in no part",)


def test_a_validation_part(tmp_path: Path) -> None:
    split = read_split(write(tmp_path / "split.npz", {"train": [0, 1], "VAL": [4], "test": [2]}), PATCHES)
    assert split.validation.tolist() == [4]
    assert split.coverage["validation"].tolist() == [0, 0, 1]
    assert split.coverage["class_name"].tolist() == ["class 0", "class 1", "class 2"]
    assert split.notes[0] == "split of split.npz: 3 labelled samples are in no part"


def training_table(split: Split, width: int | None) -> pd.DataFrame:
    """The table ``split.csv`` that training writes."""
    parts = {"train": split.train, "validation": split.validation, "test": split.test}
    table = pd.concat([pd.DataFrame({"sample": each, "part": name}) for name, each in parts.items()])
    if width is not None:
        table.insert(1, "row", table["sample"] // width)
        table.insert(2, "column", table["sample"] % width)
    return table.sort_values("sample")


@pytest.mark.parametrize("dropped", [[], ["sample"], ["row", "column"]])
def test_the_table_of_a_training_run(tmp_path: Path, dropped: list[str]) -> None:
    labels = random_labels(0)
    written = hold_out(labels, contiguous_cut(labels, guard=1), block=6, guard=1, seed=0)
    training_table(written, 50).drop(columns=dropped).to_csv(tmp_path / "split.csv", index=False)
    found = read_split(tmp_path / "split.csv", labels)
    for part in ("train", "validation", "test"):
        assert getattr(found, part).tolist() == getattr(written, part).tolist()
    pd.testing.assert_frame_equal(found.coverage, written.coverage)


def test_the_table_of_a_patch_set(tmp_path: Path) -> None:
    (tmp_path / "split.csv").write_text("Sample, PART\n3,Test\n0,train\n1,train\n")
    split = read_split(tmp_path / "split.csv", PATCHES)
    assert (split.train.tolist(), split.test.tolist(), split.validation.tolist()) == ([0, 1], [3], [])


TABLES = [
    (
        "sample,part\n0,train\n1,exam\n2,exam\n",
        "part should be one of train, .* Found 'exam' in row 2 \\(2 such",
    ),
    ("sample,part\n0,train\n1,\n", "Found '' in row 2"),
    (
        "sample,side\n0,train\n",
        "columns part and sample, or part, row, column, .* Found sample, side. Name",
    ),
    ("row,part\n0,train\n", "Found row, part"),
    ("sample,part,Part\n0,train,test\n", "once each. Found sample, part, part"),
    ("sample,part\n0,train\nx,test\n", "column sample should hold numbers. Found 'x' in row 2. Correct"),
    ("sample,part\n0,train\n1.5,test\n", r"whole numbers. Found 1.5 \(1 such\)"),
    ("row,column,part\n0,0,train\n0,4,test\n", "scene of 3 x 4 pixels. Found row 0, column 4 in row 2"),
    ("row,column,part\n0,0,train\n3,0,test\n", "Found row 3, column 0 in row 2"),
    ("row,column,part\n-1,0,train\n0,1,test\n", "Found row -1, column 0 in row 1"),
    ("row,column,part\n0,-1,train\n0,1,test\n", "Found row 0, column -1 in row 1"),
    ("sample,row,column,part\n0,0,0,train\n6,1,1,test\n", r"in row 2 of the table \(1 such rows\). Give"),
    ("sample,part\n0,1,train\n1,2,test\n", "cannot be read: .* Expected 2 fields in line 2, saw 3"),
    ("", "should be a table with a column part. Found one that cannot be read: .*No columns"),
    ("sample,part\n0,train,3,4\n1,test\n0,1,2,3,4,5,6\n", "Found one that cannot be read: .* Save it again"),
]


@pytest.mark.parametrize(("text", "message"), TABLES)
def test_tables_that_cannot_be(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "split.csv").write_text(text)
    with pytest.raises(DataError, match=message) as caught:
        read_split(tmp_path / "split.csv", SCENE)
    assert "split.csv" in str(caught.value)


def test_a_table_of_a_scene_for_a_patch_set(tmp_path: Path) -> None:
    (tmp_path / "split.csv").write_text("row,column,part\n0,0,train\n0,1,test\n")
    with pytest.raises(
        DataError, match=r"read with the label map of its scene. Found a list of 7 labels. Give"
    ):
        read_split(tmp_path / "split.csv", PATCHES)


PARTS = [
    ([], [1], "the train part should have samples. Found none. Give both parts"),
    ([1], [], "the test part should have samples"),
    ([0, 1], [1, 2, 0], "in one part. Found 2 in two, the first is sample 0 in train and test. Remove it"),
    ([0, 0, 1, 1], [2], "in the train part once. Found 2 more than once, the first is sample 0. Remove"),
    ([0], [2, 2], "in the test part once. Found 1 more than once, the first is sample 2"),
    ([0], [7], r"lie in 0..6, the samples of the data. Found 1 outside, the first is 7. Give the split of"),
    ([-1], [3], "Found 1 outside, the first is -1"),
    (
        [1, 3],
        [2, 7],
        "the first is 7. They look like MATLAB's, which count from 1: number the samples from 0.",
    ),
    ([0.5], [3], r"whole numbers. Found 0.5 \(1 such\). Number the samples from 0"),
    ([np.nan], [3], r"whole numbers. Found nan"),
    ([1e300], [3], r"whole numbers. Found 1e\+300"),
    (["a"], [3], "told in numbers. Found <U1"),
    ([True, False], [3], r"map or mask of shape \(7,\) like the labels. Found shape \(2,\) of bool. Give"),
    ([[0, 1], [2, 3]], [4], r"Found shape \(2, 2\) of int64"),
]


@pytest.mark.parametrize(("train", "test", "message"), PARTS)
def test_parts_that_cannot_be(tmp_path: Path, train: list[int], test: list[int], message: str) -> None:
    path = write(tmp_path / "split.npz", {"train": train, "test": test})
    with pytest.raises(DataError, match=message) as caught:
        read_split(path, PATCHES)
    assert "split.npz" in str(caught.value)


def test_pixels_that_cannot_be(tmp_path: Path) -> None:
    matlab = write(tmp_path / "split.mat", {"train": [1, 2], "test": [5, 12]})
    with pytest.raises(
        DataError, match=r"from 1 and go down the columns: number the pixels from 0, row \* width"
    ):
        read_split(matlab, SCENE)
    unlabelled = write(tmp_path / "split.npz", {"train": [0, 3, 8], "test": [1]})
    message = r"the train part should have a label. Found 2 without, the first is pixel 3 \(row 0, column 3\)"
    with pytest.raises(DataError, match=message):
        read_split(unlabelled, SCENE)


def test_an_unlabelled_sample(tmp_path: Path) -> None:
    path = write(tmp_path / "split.npz", {"train": [0], "test": [1, 2]})
    with pytest.raises(
        DataError, match=r"the test part should have a label. Found 1 without, .* sample 2\. Rem"
    ):
        read_split(path, [0, 1, -1])


def test_parts_of_two_files_are_named_in_errors(tmp_path: Path) -> None:
    a, b, c = (
        write(tmp_path / f"{name}.npy", {name: [0, number]})
        for name, number in (("a", 1), ("b", 2), ("c", 99))
    )
    with pytest.raises(DataError, match=r"sample 0 in train and test.* Found in '.*a.npy' and '.*b.npy'"):
        read_split(a, PATCHES, test_path=b)
    np.save(c, np.zeros((2, 2)))
    with pytest.raises(DataError, match=r"Found shape \(2, 2\) .* Found in '[^']*c.npy'\.$"):
        read_split(a, PATCHES, test_path=c)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (
            {"split": MAP.T},
            r"a map of the scene, of shape \(3, 4\) like the labels. Found shape \(4, 3\). Give",
        ),
        ({"split": TRAIN}, r"Found shape \(3,\)"),
        ({"split": MAP * 3}, r"0 \(neither\), 1 \(train\) and 2 \(test\). Found 3 \(7 pixels above"),
        ({"a": MAP, "b": MAP}, r"one array or arrays named te, .* Found a \(3, 4\), b \(3, 4\). Rename them"),
        ({"cube": np.zeros((3, 4, 5))}, r"Found cube \(3, 4, 5\)"),
        ({"Train": [0], "train": [1], "test": [2]}, r"Found Train \(1,\), train \(1,\), test"),
        ({"test": TEST}, "hold one array of the train part. Found none. Name it train"),
        ({"train": TRAIN, "TR": TRAIN, "test": TEST}, "of the train part. Found train, tr. Name it train"),
        (
            {"split": np.array([{"a": 1}])},
            "a whole file of numbers. Found one that cannot be read: Object arrays",
        ),
    ],
)
def test_files_that_do_not_tell(tmp_path: Path, arrays: Arrays, message: str) -> None:
    path = write(tmp_path / "split.npz", arrays)
    with pytest.raises(DataError, match=message):
        read_split(path, SCENE)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"nothing.npz' should be a file of a split. Found no such file. Correct"
    ):
        read_split(tmp_path / "nothing.npz", SCENE)
    with pytest.raises(DataError, match=r"test.npy' should be a file of a split. Found no such file"):
        read_split(write(tmp_path / "a.npy", {"a": TRAIN}), SCENE, test_path=tmp_path / "test.npy")


def outcome(path: Path) -> str:
    try:
        return "read" if read_split(path, SCENE).train.size else "empty"
    except DataError as error:
        return "refused" if path.name in str(error) else str(error)


@pytest.mark.parametrize("name", ["split.npz", "split.npy", "split.mat", "v73.mat", "split.tif", "split.txt"])
def test_damaged_files_are_refused_or_read(tmp_path: Path, name: str) -> None:
    whole = write(tmp_path / name, {"split": MAP}).read_bytes()
    generator = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(whole[: generator.integers(1, len(whole) + 1)])
        damaged[generator.integers(len(damaged))] = generator.integers(256)
        (tmp_path / name).write_bytes(damaged)
        assert outcome(tmp_path / name) in {"read", "refused"}


def test_a_huge_array_is_refused_before_it_is_made(tmp_path: Path) -> None:
    path = write(tmp_path / "train.npy", {"train": np.zeros(1000, dtype=np.int64)})
    path.write_bytes(path.read_bytes().replace(b"(1000,)", b"(10**9,)".replace(b"10**9", b"9" * 12)))
    with pytest.raises(DataError, match=r"train.npy"):
        read_split(path, PATCHES, test_path=path)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (
            np.zeros((3, 4), dtype=int),
            r"labels should be integers with some labelled: .* Found shape \(3, 4\)",
        ),
        (np.full((3, 4), -1), r"Found shape \(3, 4\) of int64. Give the labels of the data"),
        ([-2, 1], r"Found shape \(2,\)"),
        ([0.0, 1.0], "of float64"),
        (np.ones((2, 2, 2), dtype=int), r"Found shape \(2, 2, 2\)"),
    ],
)
def test_labels_that_cannot_be(tmp_path: Path, labels: npt.ArrayLike, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_split(tmp_path / "split.npz", labels)


def test_too_few_names(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"class_names should name all 3 classes. Found 2 names"):
        read_split(tmp_path / "split.npz", PATCHES, class_names=["a", "b"])
