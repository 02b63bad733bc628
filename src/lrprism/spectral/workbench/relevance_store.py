"""Relevance of many samples on disk, written batch by batch, so that a kill costs one batch."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import dask.array as da
import numpy as np
import numpy.typing as npt
import xarray as xr
import zarr

from lrprism.engine import Account, Row
from lrprism.errors import ResultsError
from lrprism.spectral.files import write_whole
from lrprism.spectral.runs import read_json, write_json

RELEVANCE: Final = "relevance.zarr"
ACCOUNTS: Final = "accounts"
"""A file per finished batch: its account of relevance, and the sign that the batch is on disk."""
_FORMAT: Final = 2  # of Zarr: the third has no settled way to store texts yet


class RelevanceStore:
    """A Zarr store whose arrays along ``sample`` are filled batch by batch, in any order, by any process.

    Args:
        folder: The folder of ``relevance.zarr`` and of the accounts of finished batches.
        samples: Number of all samples.
        batch_size: Samples of a batch; each batch is a chunk of its own in every array.
    """

    def __init__(self, folder: Path, samples: int, batch_size: int) -> None:
        """Remember the places; :meth:`create` makes them."""
        self.path = folder / RELEVANCE
        self._accounts = folder / ACCOUNTS
        self._samples, self._batch_size = samples, batch_size

    def create(self, template: xr.Dataset) -> None:
        """Lay the arrays out on disk, unless an earlier call did.

        Args:
            template: A dataset of one sample, with all coordinates and attributes. Its arrays along
                ``sample`` give dtype and further dimensions, all others are written with their values. Its
                attribute ``data_sha256`` names the data.

        Raises:
            ResultsError: If an earlier call laid them out for other data.
        """
        self._accounts.mkdir(exist_ok=True)
        if self.path.exists():
            _check_same_data(self.read(), template)
            return
        chunk = min(self._batch_size, self._samples)
        names = [name for name, variable in template.variables.items() if "sample" in variable.dims]
        dataset = template.drop_vars(names)
        for name in names:
            variable = template[name]
            shape = (self._samples, *variable.shape[1:])
            zeros = da.zeros(shape, dtype=variable.dtype, chunks=(chunk, *shape[1:]))
            dataset[name] = (variable.dims, zeros, variable.attrs)
        dataset = dataset.set_coords([name for name in names if name in template.coords])
        # no fill value: reading would take every true 0 for a missing one
        encoding: dict[str, dict[str, Any]] = {str(name): {"_FillValue": None} for name in dataset.variables}
        for name in names:
            encoding[str(name)]["chunks"] = (chunk, *dataset[name].shape[1:])
        with write_whole(self.path, unique=False) as partial:
            dataset.to_zarr(partial, compute=False, zarr_format=_FORMAT, encoding=encoding)

    def batches(self) -> list[int]:
        """Return the numbers of the batches that are not yet done."""
        count = -(-self._samples // self._batch_size)
        return [number for number in range(count) if not self._account(number).is_file()]

    def batch_slice(self, batch: int) -> slice:
        """Return the positions of the samples of a batch."""
        start = batch * self._batch_size
        return slice(start, min(start + self._batch_size, self._samples))

    def write(self, batch: int, arrays: Mapping[str, npt.NDArray[np.generic]], account: Account) -> None:
        """Write a batch; it counts as done once all of it is on disk.

        Args:
            batch: Its number.
            arrays: Values of every array along ``sample``.
            account: Its account of relevance.
        """
        # a batch is a chunk, a file of its own: no other process writes to it
        group = zarr.open_group(self.path, mode="r+", use_consolidated=False)
        for name, values in arrays.items():
            group[name][self.batch_slice(batch)] = values  # type: ignore[index]  # every member is an array
        total = replace(account, per_sample=None)  # the arrays hold the relevance of each sample
        write_json(self._account(batch), asdict(total))

    def accounts(self) -> Sequence[Account]:
        """Read the accounts of all batches, in order."""
        return [_read_account(read_json(file)) for file in sorted(self._accounts.glob("*.json"))]

    def read(self) -> xr.Dataset:
        """Open the store; its arrays are read when they are needed."""
        return open_relevance(self.path.parent)

    def annotate(self, **attributes: str) -> None:
        """Write attributes of the dataset, once all of it is there to be judged."""
        zarr.open_group(self.path, mode="r+", use_consolidated=False).attrs.update(attributes)
        zarr.consolidate_metadata(self.path, zarr_format=_FORMAT)

    def close(self) -> None:
        """Delete the accounts of the batches, once they have been joined."""
        shutil.rmtree(self._accounts)

    def drop_if_empty(self) -> None:
        """Delete the arrays if no batch is done."""
        if not any(self._accounts.iterdir()):
            shutil.rmtree(self.path)
            self.close()

    def _account(self, batch: int) -> Path:
        return self._accounts / f"{batch:08d}.json"


def open_relevance(folder: Path) -> xr.Dataset:
    """Open the relevance of some results; its arrays are read when they are needed.

    Args:
        folder: The folder of the results.

    Raises:
        ResultsError: If there is none.
    """
    path = folder / RELEVANCE
    if not path.is_dir():
        raise ResultsError(f"results should hold {RELEVANCE}. Found none in '{folder}'. Explain again.")
    dataset: xr.Dataset = xr.open_zarr(path, zarr_format=_FORMAT)
    return dataset


def _check_same_data(stored: xr.Dataset, template: xr.Dataset) -> None:
    before, now = (dataset.attrs.get("data_sha256") for dataset in (stored, template))
    if before != now:
        raise ResultsError(
            f"Unfinished work should be taken up with the same data. Found data of hash {now}, begun with "
            f"{before}. Give the data it was begun with, or begin anew with --overwrite."
        )


def _read_account(record: dict[str, Any]) -> Account:
    rows = tuple(Row(**row) for row in record["rows"])
    return Account(rows, record["explained"], record["reached"], tuple(record["unseen"]))


def sample_arrays(dataset: xr.Dataset) -> dict[str, Any]:
    """Return the values of every variable and coordinate along ``sample``."""
    return {
        str(name): variable.values
        for name, variable in dataset.variables.items()
        if "sample" in variable.dims
    }
