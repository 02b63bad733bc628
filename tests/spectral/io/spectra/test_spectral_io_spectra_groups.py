import pandas as pd
import pytest

import lrprism as lp
from lrprism.spectral.io.spectra.groups import list_group_candidates, name_groups


def test_every_sample_has_a_group() -> None:
    assert name_groups(pd.DataFrame({"plot": [1, 1, 2, " 3"]}), "plot") == ["1", "1", "2", "3"]
    with pytest.raises(lp.DataError, match=r"group of every sample\. Found 1 without, the first is line 3"):
        name_groups(pd.DataFrame({"plot": ["a", None]}, index=["line 2", "line 3"]), "plot")


def test_columns_that_may_name_groups() -> None:
    table = pd.DataFrame(
        {
            "Plant_ID": [1, 1, 2, 2],
            "plotid": list("aabb"),
            "sampling day": ["1 May", "1 May", "2 May", "2 May"],
            "species": list("aabb"),  # no name of a group
            "field": [1, 2, 3, 4],  # nothing repeats
            "site": ["a", "a", "b", None],  # a sample without one
            "tree": [0.5, 0.5, 1.5, 1.5],  # measured
            "subject": [1, 1, 1, 1],  # one group
            "daylight": [1, 1, 2, 2],
        }
    )
    assert list_group_candidates(table) == ["Plant_ID", "plotid", "sampling day"]
    assert list_group_candidates(table[[]]) == []
