import numpy as np
import pytest
import xarray as xr

import lrprism as lp
from lrprism.engine import Account, Row
from lrprism.spectral.runs.tables import conservation_table, sample_table, summarize_conservation


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


def test_the_sums_per_sample_of_two_batches() -> None:
    # 12 explained, 10 arrived and 2 in biases, over 4 samples
    summary = summarize_conservation([account(10.0), account(2.0)], samples=4)
    assert (summary["explained"], summary["at_input"], summary["to_bias"]) == (3.0, 2.5, 0.5)
    assert summary["to_rule"] == summary["unaccounted"] == 0.0


@pytest.mark.parametrize("audits", [[], [account(1.0), account(1.0, op="conv1d")]])
def test_accounts_that_do_not_fit_together(audits: list[Account]) -> None:
    with pytest.raises(lp.DataError, match="the accounts to join should be of the same op calls"):
        conservation_table(audits, samples=2)


def test_each_explained_sample_says_which_one_it_is() -> None:
    columns = {"name": ["leaf 7", "leaf 3"], "label": [0, -1], "predicted": [0, 1], "target": [1, 1]}
    relevance = xr.Dataset(
        {name: ("sample", values) for name, values in columns.items()},
        {"class_name": ("class", ["oak", "ash"])},
    )
    # odds of 1 to 3 and of 1 to 4
    relevance["output"] = (("sample", "class"), np.log([[3.0, 1.0], [1.0, 4.0]]))
    table = sample_table(relevance, np.array([7, 3]))
    assert table.round(6).to_csv(index=False).splitlines() == [
        "sample,name,label,label_name,predicted,predicted_name,probability,target,target_name",
        "7,leaf 7,0,oak,0,oak,0.75,1,ash",
        "3,leaf 3,,,1,ash,0.8,1,ash",
    ]


@pytest.mark.parametrize(("logit", "expected"), [(np.log(4), 0.8), (-np.log(4), 0.8), (0.0, 0.5), (5e3, 1.0)])
def test_the_probability_of_one_logit_is_that_of_its_side(logit: float, expected: float) -> None:
    relevance = xr.Dataset(
        {name: ("sample", [int(logit > 0)]) for name in ("label", "predicted", "target")}
        | {"output": (("sample", "logit"), [[logit]])},
        {"class_name": ("class", ["oak", "ash"])},
    )
    assert sample_table(relevance, np.array([0]))["probability"].item() == pytest.approx(expected)
