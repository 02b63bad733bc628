"""Tables for people and spreadsheets."""

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from lrprism.engine import Account
from lrprism.errors import DataError
from lrprism.spectral.bands.class_codes import add_codes
from lrprism.spectral.bands.statistics import REGRESSION, TASK

INPUT = "input"
"""The op in the row of the relevance that arrived at the inputs."""
_AMOUNTS = [
    "relevance_out",
    "relevance_in",
    "to_bias",
    "to_stabilizer",
    "to_rule",
    "to_constant",
    "to_unknown",
]


def conservation_table(accounts: Sequence[Account], samples: int) -> pd.DataFrame:
    """Join the accounts of several batches into means per sample.

    Args:
        accounts: The accounts of the batches, of the same op calls each; empty where nothing was explained.
        samples: Number of samples of all batches together.

    Returns:
        A row per op call in order of execution: ``call``, ``module``, ``op``, ``rule``, and in units of the
        explained output, mean per sample, ``relevance_out``, ``relevance_in``, ``to_bias``,
        ``to_stabilizer``, ``to_rule``, ``to_constant``, ``to_unknown``. Before them a row with the op
        ``"input"``: the relevance that arrived at the inputs, over all paths.

    Raises:
        DataError: If there is no account, or the batches ran different ops.
    """
    tables = [pd.DataFrame([asdict(row) for row in audit]) for audit in accounts if len(audit)]
    if not tables or len({tuple(zip(table["module"], table["op"], strict=True)) for table in tables}) != 1:
        raise DataError(
            f"the accounts to join should be of the same op calls. Found {len(tables)} that differ."
        )
    # the batches differ in their amounts alone
    joined = tables[0].copy()
    joined[_AMOUNTS] = sum(table[_AMOUNTS] for table in tables) / samples
    arrived = sum(audit.reached for audit in accounts) / samples
    # no op: the call number -1 sorts it first
    first = joined.iloc[[0]].assign(
        call=-1, module="", op=INPUT, rule="", why="", **dict.fromkeys(_AMOUNTS, 0.0)
    )
    return pd.concat([first.assign(relevance_out=arrived, relevance_in=arrived), joined], ignore_index=True)


def summarize_conservation(accounts: Sequence[Account], samples: int) -> dict[str, float]:
    """Return means per sample, in units of the explained output.

    Args:
        accounts: The accounts of the batches; one at least.
        samples: Number of samples of all batches together.

    Returns:
        ``explained``, ``at_input``, the sinks ``to_bias``, ``to_stabilizer``, ``to_rule``, ``to_constant``,
        ``to_unknown``, and ``unaccounted``.
    """
    account = Account.sum_of(accounts)
    assert account is not None  # every job has a sample
    sinks = [name for name in _AMOUNTS if name.startswith("to_")]
    return {
        "explained": account.explained / samples,
        "at_input": account.reached / samples,
        **{name: sum(getattr(row, name) for row in account.rows) / samples for name in sinks},
        "unaccounted": account.unaccounted / samples,
    }


def sample_table(relevance: xr.Dataset, numbers: npt.NDArray[np.int64]) -> pd.DataFrame:
    r"""List explained samples: which one each is, what it shows, what the network took it for, how surely.

    .. math:: probability = \frac{e^{z_p}}{\sum_c e^{z_c}}, \quad \text{of one logit } z: z_0 = 0,\ z_1 = z

    with the logits :math:`z` and the predicted class :math:`p`.

    Args:
        relevance: The relevance dataset.
        numbers: Number of each sample in its data, as in the table of the split.

    Returns:
        A row per sample with the columns sample, then scene, name, row and column where the data have them,
        label, empty where it is not known, predicted and target, classes counted from 0, each with its name
        beside it in label_name, predicted_name and target_name and, where classes have codes, its code in
        label_code, predicted_code and target_code; after predicted its probability, unless each pixel has a
        class; of a trait true and predicted value, target and unit.
    """
    table = pd.DataFrame({"sample": numbers})
    for name in ("scene", "name", "row", "column", "label", "true", "predicted", "target"):
        if name in relevance.variables:
            table[name] = relevance[name].values
    return add_unit(table, relevance) if "label" not in table else _name_classes(table, relevance)


def _name_classes(table: pd.DataFrame, relevance: xr.Dataset) -> pd.DataFrame:
    """Write the names of classes beside their numbers, nothing for unknown ones, and the probability."""
    names = pd.Series(relevance["class_name"].values.astype(str))
    # of a region the logits are not those of the predicted centre
    if "region" not in relevance:
        place = list(table.columns).index("predicted") + 1
        table.insert(place, "probability", _measure_probability(relevance))
    for column in ("label", "predicted", "target"):
        place = list(table.columns).index(column) + 1
        table.insert(place, f"{column}_name", table[column].map(names))
    # a missing number is no fraction
    table["label"] = table["label"].astype("Int64").where(table["label"] >= 0)
    return add_codes(table, relevance.attrs)


def _measure_probability(relevance: xr.Dataset) -> npt.NDArray[np.float64]:
    """Return the probability of the predicted class of each sample."""
    logits = relevance["output"].values.astype(np.float64)
    if logits.shape[1] == 1:
        logits = np.concatenate([np.zeros_like(logits), logits], axis=1)
    own = np.take_along_axis(logits, relevance["predicted"].values[:, None], axis=1)
    # the predicted logit is the largest: no exponential overflows
    odds: npt.NDArray[np.float64] = np.exp(logits - own).sum(axis=1)
    return 1 / odds


def add_unit(table: pd.DataFrame, relevance: xr.Dataset) -> pd.DataFrame:
    """Return a table with the unit of a trait in a last column; that of classes, in logits, as it is.

    Args:
        table: A table of relevance or values.
        relevance: The relevance dataset.
    """
    if relevance.attrs.get(TASK) != REGRESSION:
        return table
    return table.assign(unit=str(relevance["relevance"].attrs["units"]))
