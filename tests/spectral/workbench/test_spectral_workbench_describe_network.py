import json
from pathlib import Path

import pytest

import lrprism as lp
from lrprism.spectral.workbench.describe_network import describe_network, list_network


def test_a_network_is_described_with_the_rule_of_each_layer(trained: Path) -> None:
    lines = describe_network(trained, "epsilon-gamma").splitlines()
    assert lines[0] == "hyper3dnetlite: 6 bands, 5 x 5 pixels, 3 classes, 195,411 parameters"
    assert lines[1].startswith("trained on leaves.hdf5: ")
    assert "split by random; on the test part: Accuracy 100.0 %, macro F1 1.000" in lines[1]
    assert sum("Gamma(gamma=0.25, eps=1e-06)" in line for line in lines) > 1


def test_a_network_as_plain_json(trained: Path) -> None:
    facts = json.loads(json.dumps(list_network(trained, "EpsilonGamma")))
    assert (facts["parameters"], facts["rule"]) == (195411, "epsilon-gamma")
    assert facts["training"]["class_names"] == ["class 0", "class 1", "class 2"]
    assert sum(row["rule"] == "Gamma(gamma=0.25, eps=1e-06)" for row in facts["plan"]) > 1


def test_an_unknown_rule_and_a_folder_without_a_network_are_refused(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(lp.InputError, match="rule should be one of"):
        describe_network(trained, "magic")
    with pytest.raises(lp.DataError, match=r"A run folder should hold a run\.json"):
        describe_network(tmp_path, "epsilon")
