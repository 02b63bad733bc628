"""The one door to HDF5: files are opened here, and never lead to another file than the one given.

An HDF5 file can point elsewhere: by an external link, by a virtual dataset that is put together from other
files, or by raw numbers kept in another file. Whoever sends such a file would choose what is read from the
disk, so that it is refused by name.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import h5py

from lrprism.errors import DataError
from lrprism.spectral.files import write_whole
from lrprism.spectral.io.failures import reading

HDF5_FILE = "an HDF5 file"


def is_hdf5(path: str | PathLike[str]) -> bool:
    """Return True if a file has the signature of HDF5."""
    return Path(path).is_file() and bool(h5py.is_hdf5(path))


@contextmanager
def open_hdf5(path: str | PathLike[str], what: str = HDF5_FILE) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading, after checking that no part of it points to another file.

    Args:
        path: The file.
        what: What it should be, e.g. "an EMIT L2A file".

    Yields:
        The open file.

    Raises:
        DataError: If there is no such file, it is damaged, or it points to another file.
    """
    with reading(path, what), h5py.File(path, "r") as file:
        _check_self_contained(file)
        yield file


@contextmanager
def reopen_hdf5(path: Path) -> Iterator[h5py.File]:
    """Open a file that :func:`open_hdf5` has checked, to read one more piece with :func:`find_dataset`.

    Yields:
        The open file.

    Raises:
        DataError: If it cannot be read.
    """
    # to search the whole file again for each of a thousand pieces could take longer than to read them
    with reading(path, HDF5_FILE), h5py.File(path, "r") as file:
        yield file


@contextmanager
def create_hdf5(path: str | PathLike[str]) -> Iterator[h5py.File]:
    """Write an HDF5 file that is there as a whole, or not at all.

    Args:
        path: The file to be.

    Yields:
        The open file.

    Raises:
        ResultsError: If it cannot be written.
    """
    with write_whole(Path(path)) as partial, h5py.File(partial, "w") as file:
        yield file


def find_dataset(file: h5py.File, key: str) -> h5py.Dataset:
    """Find a dataset whose numbers lie in this file, following no link.

    Args:
        file: The open file.
        key: Names of the groups and of the dataset, joined by "/".

    Raises:
        DataError: If it is missing, lies behind a link, or keeps its numbers in another file.
    """
    node = file
    for name in key.strip("/").split("/"):
        if not isinstance(node, h5py.Group) or not node.id.links.exists(name.encode()):
            raise DataError(
                f"'{file.filename}' should hold '{key}'. Found no '{name}' there. Check the product level, "
                "or download the file again."
            )
        target = find_link_target(node, name.encode())
        if target is not None:
            raise DataError(_point_elsewhere(file, key, target))
        node = node[name]
    if not isinstance(node, h5py.Dataset):
        raise DataError(
            f"'{key}' in '{file.filename}' should be a dataset. Found a group. Download it again."
        )
    source = _find_source(node)
    if source is not None:
        raise DataError(_point_elsewhere(file, key, source))
    return node


def list_members(group: h5py.Group) -> dict[str, h5py.HLObject]:
    """Return the members of a group by their names, but for links and for names that are no text."""
    # where a soft link leads to stands in the file under another name; h5py gives bytes for what is not UTF-8
    names = (name for name in group if isinstance(name, str))
    return {name: group[name] for name in names if find_link_target(group, name.encode()) is None}


def find_link_target(group: h5py.Group, name: bytes) -> str | None:
    """Return where a soft or external link leads, in words; None for a member of the group itself.

    Args:
        group: The group.
        name: One of its names, as the bytes that the file holds.
    """
    links = group.id.links
    kind = links.get_info(name).type
    if kind == h5py.h5l.TYPE_HARD:
        return None
    # not Group.get(getlink=True): it opens the other file first, to see whether it is there
    target = links.get_val(name)
    if kind == h5py.h5l.TYPE_EXTERNAL:
        other_file, path = map(_show_name, target)
        return f"'{path}' in '{other_file}'"
    return f"'{_show_name(target)}'"


def _show_name(name: bytes) -> str:
    """Return a name for a message, which a terminal can print also if it is not UTF-8."""
    return name.decode(errors="backslashreplace")


def _check_self_contained(file: h5py.File) -> None:
    def find_external_link(name: bytes, info: h5py.h5l.LinkInfo) -> bytes | None:
        # a soft link stays inside its file
        return None if info.type in {h5py.h5l.TYPE_HARD, h5py.h5l.TYPE_SOFT} else name

    def find_external_numbers(name: bytes) -> bytes | None:
        item = file[name]
        return name if isinstance(item, h5py.Dataset) and _find_source(item) else None

    # Neither walk follows a link out of the file; a walk ends with the first name that is returned. They are
    # those of h5py's lower level, which gives every name as the bytes that it is.
    name = file.id.links.visit(find_external_link, info=True)
    if name is not None:
        raise DataError(_point_elsewhere(file, _show_name(name), find_link_target(file, name)))
    name = h5py.h5o.visit(file.id, find_external_numbers)
    if name is not None:
        raise DataError(_point_elsewhere(file, _show_name(name), _find_source(file[name])))


def _find_source(dataset: h5py.Dataset) -> str | None:
    """Return where the numbers of a dataset come from, in words; None where they lie in its own file."""
    if dataset.is_virtual:
        return next(
            (f"{part.dset_name!r} in {part.file_name!r}" for part in dataset.virtual_sources()), "none"
        )
    # (file name, offset, size) of each stretch of numbers
    return repr(dataset.external[0][0]) if dataset.external else None


def _point_elsewhere(file: h5py.File, name: str, target: str | None) -> str:
    return (
        f"'{name}' in '{file.filename}' should be stored in this file. Found a link to {target}. "
        "Put the data into this file."
    )


@dataclass(frozen=True)
class Hdf5Outline:
    """The names in the upper levels of an HDF5 file, by which products are recognised.

    Args:
        members: Names inside each member of the file; a dataset has none.
        attributes: Names of the attributes of the file and of its members.
        swaths: Names of the swaths and grids of an HDF-EOS file; none of another file.
    """

    members: Mapping[str, frozenset[str]]
    attributes: frozenset[str]
    swaths: frozenset[str] = frozenset()


def outline_hdf5(path: str | PathLike[str]) -> Hdf5Outline:
    """List the upper levels of an HDF5 file.

    Raises:
        DataError: If the file is damaged, or points to another file.
    """
    with open_hdf5(path) as file:
        items = list_members(file)
        members = {
            name: frozenset(map(str, item)) if isinstance(item, h5py.Group) else frozenset()
            for name, item in items.items()
        }
        attributes = frozenset(file.attrs).union(*(item.attrs for item in items.values()))
        swaths = _list_swaths(items.get("HDFEOS"))
    return Hdf5Outline(members, attributes, swaths)


def _list_swaths(root: h5py.HLObject | None) -> frozenset[str]:
    kinds = list_members(root) if isinstance(root, h5py.Group) else {}
    groups = [kinds.get(kind) for kind in ("SWATHS", "GRIDS")]
    return frozenset(
        name for group in groups if isinstance(group, h5py.Group) for name in list_members(group)
    )
