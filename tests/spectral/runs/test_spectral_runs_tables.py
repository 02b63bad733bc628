import numpy as np
import pytest
import xarray as xr

import lrprism as lp
from lrprism.engine import Account, Row
from lrprism.spectral.runs.tables import conservation_table, sample_table


def account(relevance: float, op: str = "linear") -> Account:
    return Account(
        (Row(0, "fc", op, "Epsilon(eps=0)", "", relevance, relevance - 1, 1.0, 0.0, 0.0, 0.0, 0.0),),
        relevance,
        relevance - 1,
    )


def test_the_mean_per_sample_of_two_batches() -> None:
    # batches of 3 and 1 samples: (10 + 2) / 4 at the output, (9 + 1) / 4 at the input, 2 / 4 to the bias
    table = conservation_table([account(10.0), account(2.0)], samples=4)
    first, row = table.to_dict("records")
    assert (first["op"], first["relevance_in"], first["to_bias"]) == ("input", 2.5, 0.0)
    assert (row["call"], row["module"], row["op"], row["rule"]) == (0, "fc", "linear", "Epsilon(eps=0)")
    assert (row["relevance_out"], row["relevance_in"], row["to_bias"]) == (3.0, 2.5, 0.5)


@pytest.mark.parametrize("audits", [[], [account(1.0), account(1.0, op="conv1d")]])
def test_accounts_that_do_not_fit_together(audits: list[Account]) -> None:
    with pytest.raises(lp.DataError, match="the accounts to join should be of the same op calls"):
        conservation_table(audits, samples=2)


def test_each_explained_sample_says_which_one_it_is() -> None:
    columns = {"name": ["leaf 7", "leaf 3"], "label": [0, 1], "predicted": [0, 0], "target": [0, 0]}
    relevance = xr.Dataset({name: ("sample", values) for name, values in columns.items()})
    table = sample_table(relevance, np.array([7, 3]))
    assert table.to_dict("list") == {"sample": [7, 3], **columns}
