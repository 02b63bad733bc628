import io
import zipfile
from pathlib import Path

import pytest

from lrprism.errors import DataError
from lrprism.spectral.networks.archives import check_archive, read_archive


def write_archive(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_every_member_is_read(tmp_path: Path) -> None:
    members = {"a/b": b"one", "c": b""}
    assert read_archive(write_archive(tmp_path / "file", members), "program") == members


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"The program should be a file\. Found no file at .*nothing\. Check"):
        check_archive(tmp_path / "nothing", "program")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x02}q\x00.", b"GIF89a" * 99])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(
        DataError, match=r"The program should be a whole zip archive.* not a zip file\. Write"
    ):
        check_archive(tmp_path / "file", "program")


def test_a_cut_archive_is_refused_wherever_it_is_cut(tmp_path: Path) -> None:
    content = write_archive(tmp_path / "file", {"a": b"0123456789" * 5, "b": b"x"}).read_bytes()
    for size in range(len(content)):
        (tmp_path / "cut").write_bytes(content[:size])
        with pytest.raises(DataError, match="whole zip archive"):
            check_archive(tmp_path / "cut", "program")


def test_a_damaged_member_is_named(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "file", {"first": b"0123456789", "second": b"abcdefghij"})
    path.write_bytes(path.read_bytes().replace(b"abcde", b"abXde"))
    with pytest.raises(DataError, match=r"file: second does not match its checksum\. Write or copy"):
        check_archive(path, "program")


@pytest.mark.parametrize("name", ["/etc/passwd", "../up", "a/../../up", "a\\..\\up", "C:/windows"])
def test_a_member_that_points_out_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "file"
    with zipfile.ZipFile(path, "w") as archive:
        member = zipfile.ZipInfo("placeholder")
        member.filename = name
        archive.writestr(member, b"x")
    with pytest.raises(
        DataError, match=r"member of the program should lie within .* Found .*Do not use this file"
    ):
        check_archive(path, "program")


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")  # the test makes it on purpose
def test_a_member_that_comes_twice_is_refused(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("graph", b"good")
        archive.writestr("graph", b"bad")
    (tmp_path / "file").write_bytes(packed.getvalue())
    with pytest.raises(DataError, match=r"each member once\. Found graph 2 times"):
        check_archive(tmp_path / "file", "program")


def test_an_archive_that_unpacks_to_far_more_than_its_size_is_refused(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "bomb", {"zeros": bytes(1_000_000)}, zipfile.ZIP_DEFLATED)
    with pytest.raises(
        DataError, match=r"at most 20 times its size\. Found 1000000 bytes packed into the \d+ of"
    ):
        check_archive(path, "program")


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "file", {"a": b"0123456789"})
    content = bytearray(path.read_bytes())
    for signature, flag in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + flag] |= 1
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match=r"whole zip archive.*encrypted"):
        check_archive(path, "program")
