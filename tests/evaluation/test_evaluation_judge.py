from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

import lrprism as lp
from lrprism.errors import InputError, ModelError
from lrprism.evaluation import Protocol, judge, measure_curves, recover
from small_judgement import PLANTED, judge_small_case, make_data, make_network, multiply_gradient

TRAINING, (X, TARGET) = make_data(300, 0), make_data(60, 1)
PROTOCOL = replace(Protocol.for_bands(TRAINING[0], width=2), greedy=0)


def test_figures_are_those_of_each_test_alone() -> None:
    findings = judge_small_case().findings
    network, swap = make_network(), findings.protocol.imputers[3]
    relevance = multiply_gradient(network, X.clone(), TARGET)
    curves = measure_curves(network, X, TARGET, relevance, regions=findings.protocol.regions, imputer=swap)
    torch.testing.assert_close(findings.curves["gradient x input"]["swap"].mif, curves.mif)
    recovery = recover(relevance, PLANTED, bootstrap=findings.protocol.bootstrap)
    record = findings.find("gradient x input", "emd")
    assert record is not None
    assert record.interval == recovery.emd


def test_the_random_ranking_and_the_controls_are_always_there() -> None:
    methods = {row["method"] for row in judge_small_case().rows()}
    assert methods == {
        "gradient x input", "input", "random", "|x - mean|", "|dx/db|", "ANOVA F", "greedy ceiling",
    }  # fmt: skip
    random = judge_small_case().findings.find("random", "SRG", "reference")
    assert random is not None
    assert abs(random.interval.value) < 0.15


def test_the_random_ranking_does_not_know_the_size_of_windows() -> None:
    # windows of 11 bands and 1 band: the class lies in the large one
    protocol = replace(Protocol.for_bands(TRAINING[0], width=11), greedy=0)
    samples, target = make_data(600, 1)
    judgement = judge(
        make_network(), samples, target, methods={"mine": multiply_gradient}, protocol=protocol
    )  # fmt: skip
    random = judgement.findings.find("random", "SRG", "reference")
    assert random is not None
    assert random.interval.low < 0 < random.interval.high
    notes = [line for line in judgement.protocol_lines() if line.startswith("note: ")]
    assert any("only 2 regions are ranked: with fewer than 5" in note for note in notes)
    assert any("regions are of 1 to 11 features, and ranked by the sum" in note for note in notes)


def test_the_work_that_begins_is_told() -> None:
    told: list[str] = []
    judge(
        make_network(),
        X,
        TARGET,
        methods={"mine": multiply_gradient},
        protocol=PROTOCOL,
        tell=told.append,
    )
    assert told[0] == "removing regions by mine, 1 of 5"
    assert sum(words.startswith("removing regions by ") for words in told) == 5
    assert told[-1] == "explaining with another class and random weights by mine, 1 of 1"


def test_methods_with_the_same_maps_are_named_as_one() -> None:
    def round_off(model: Any, x: Tensor, target: Tensor) -> Tensor:
        return multiply_gradient(model, x, target) * (1 + 1e-6)

    def double(model: Any, x: Tensor, target: Tensor) -> Tensor:
        return 2 * multiply_gradient(model, x, target)

    methods = {"one": multiply_gradient, "double": double, "same": round_off, "again": multiply_gradient}
    judgement = judge(make_network(), X, TARGET, methods=methods, protocol=PROTOCOL)
    assert judgement.findings.twins == {"same": "one", "again": "one"}
    assert judgement.words["again"] == "= one: on this network both give the same maps."
    assert judgement.words["double"].startswith("Better than a random ranking")
    assert judgement.findings.find("again", "SRG", "swap") is not None


def test_a_function_is_judged_without_the_tests_that_draw_weights_anew() -> None:
    network = make_network()
    judgement = judge(
        lambda x: network(x), X, TARGET, methods={"mine": multiply_gradient}, protocol=PROTOCOL
    )  # fmt: skip
    metrics = {row["metric"] for row in judgement.rows()}
    assert "random logit" in metrics
    assert not metrics & {"randomisation", "auc", "sensitivity max", "blind feature"}
    assert "controls: know the samples that are explained" in judgement.protocol_lines()


def test_only_samples_that_the_model_gets_right_count() -> None:
    wrong = TARGET.clone()
    wrong[:10] = (TARGET[:10] + 1) % 3
    judgement = judge(make_network(), X, wrong, methods={"mine": multiply_gradient}, protocol=PROTOCOL)
    assert judgement.findings.samples.rows.tolist() == list(range(10, 60))
    assert len(judgement.curves["mine"]["swap"].srg) == 50


def test_lrp_is_judged_through_the_door() -> None:
    def explain(model: Any, x: Tensor, target: Tensor) -> Tensor:
        relevance: Tensor = lp.LRP(model, lp.presets.Epsilon()).explain(x, target=target).relevance
        return relevance

    judgement = lp.evaluation.judge(
        make_network(), X, TARGET, methods={"Epsilon": explain}, protocol=PROTOCOL, training=TRAINING
    )
    ours = judgement.findings.find("Epsilon", "SRG", "reference")
    gradient = judge_small_case().findings.find("gradient x input", "SRG", "reference")
    assert ours is not None
    assert gradient is not None
    # on one linear layer LRP is gradient x input
    assert ours.interval.value == pytest.approx(gradient.interval.value, abs=1e-3)


def test_the_model_stays_as_it_was_also_after_an_error() -> None:
    network = make_network()
    before = {name: value.clone() for name, value in network.state_dict().items()}

    def stumble(*_: Any) -> Tensor:
        raise KeyError("stumbled")

    with pytest.raises(KeyError):
        judge(network, X, TARGET, methods={"mine": stumble}, protocol=PROTOCOL)
    judge(network, X, TARGET, methods={"mine": multiply_gradient}, protocol=PROTOCOL)
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())


def test_two_judgements_are_the_same() -> None:
    pair = [
        judge(make_network(), X, TARGET, methods={"mine": multiply_gradient}, protocol=PROTOCOL)
        for _ in range(2)
    ]
    assert pair[0].rows() == pair[1].rows()


@pytest.mark.parametrize("name", ["random", "ANOVA F", "greedy ceiling"])
def test_the_name_of_a_control_is_taken(name: str) -> None:
    with pytest.raises(InputError, match=rf"names other than 'random'.*Found '{name}'"):
        judge(make_network(), X, TARGET, methods={name: multiply_gradient}, protocol=PROTOCOL)


def test_no_method_and_a_model_at_chance_level_are_refused() -> None:
    with pytest.raises(InputError, match=r"methods should be at least one.*Found none"):
        judge(make_network(), X, TARGET, methods={}, protocol=PROTOCOL)
    with pytest.raises(ModelError, match="better than chance: its explanations are not worth reading"):
        judge(
            torch.nn.Linear(12, 3), X, TARGET.flip(0).roll(1), methods={"mine": multiply_gradient},
            protocol=PROTOCOL,
        )  # fmt: skip


def test_a_method_with_the_wrong_shape_is_named() -> None:
    with pytest.raises(InputError, match=r"'mine' should return relevance of the samples' shape \(60, 12\)"):
        judge(make_network(), X, TARGET, methods={"mine": lambda _, x, __: x.sum(1)}, protocol=PROTOCOL)
