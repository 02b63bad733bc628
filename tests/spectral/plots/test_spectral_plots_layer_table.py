import numpy as np
import pandas as pd

from lrprism.spectral.plots.layer_table import choose_rows, stack_rows


def test_rows_run_from_output_to_input(conservation: pd.DataFrame) -> None:
    rows = stack_rows(conservation)
    assert rows["module"].tolist() == ["linear", "block.conv", "relu", "conv", "whole network"]
    np.testing.assert_allclose(rows["relevance_out"], [4.0, 3.5, 3.7, 3.7, 3.6])


def test_sinks_add_up_by_hand(conservation: pd.DataFrame) -> None:
    rows = stack_rows(conservation)
    np.testing.assert_allclose(rows["taken_to_bias"], [0, 0.5, 0.5, 0.5, 0.6])
    np.testing.assert_allclose(rows["taken_to_rule"], [0, 0, -0.2, -0.2, -0.2])
    np.testing.assert_allclose(rows["elsewhere"], 0, atol=1e-12)


def test_order_of_rows_does_not_matter(conservation: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(
        stack_rows(conservation), stack_rows(conservation.sample(frac=1, random_state=0))
    )


def test_the_whole_network_comes_first_with_the_totals(conservation: pd.DataFrame) -> None:
    bars, hidden = choose_rows(stack_rows(conservation))
    assert bars["module"].tolist() == ["whole network", "linear", "block.conv", "conv"]
    assert hidden == 1  # the ReLU
    np.testing.assert_allclose(bars.loc[0, ["to_bias", "to_rule"]].to_numpy(float), [0.6, -0.2])


def test_an_op_that_takes_next_to_nothing_is_left_out(conservation: pd.DataFrame) -> None:
    conservation.loc[0, "to_bias"] = 0.001
    assert choose_rows(stack_rows(conservation))[1] == 2
