from dataclasses import replace

import torch

from lrprism.evaluation import Curves, Findings, Interval, Reliability
from lrprism.evaluation.words import describe_limits, describe_method
from small_judgement import judge_small_case


def with_interval(findings: Findings, metric: str, interval: Interval, imputer: str = "") -> Findings:
    """Findings whose figures of one metric are replaced."""
    records = [
        replace(r, interval=interval) if (r.metric, r.imputer) == (metric, imputer) else r
        for r in findings.records
    ]
    return replace(findings, records=tuple(records))


def test_a_map_of_the_network_and_one_of_the_data_get_what_they_deserve() -> None:
    words = judge_small_case().words
    network, data = words["gradient x input"], words["input"]
    assert "Better than a random ranking under 4 of 4 imputers" in network
    assert "Better than a random ranking under 4 of 4" not in data
    assert "Passes randomisation" in network
    assert "but not where it is large" in network
    assert "Fails randomisation: with random weights the map stays alike (rank correlation 1.000" in data
    assert "Passes the blind-feature test" in network
    assert "Fails the blind-feature test" in data
    assert "Relevance of a region follows what the logit loses" in network
    assert "Relevance of a region does not follow" in data
    assert "Stripe: 0.02 times its fair share, rank 6 of 6: not flagged." in network


def test_controls_that_are_not_beaten_are_named_with_the_imputer() -> None:
    findings = judge_small_case().findings
    assert "|x - mean| (under " in describe_method(findings, "gradient x input")
    flat = torch.zeros(60, 7)
    best = {name: Curves(flat, flat + 1) for name in findings.curves["input"]}
    curves = {**findings.curves, "input": best}
    assert "Better than every control." in describe_method(replace(findings, curves=curves), "input")


def test_imputers_that_contradict_each_other_are_named() -> None:
    findings = judge_small_case().findings
    assert "contradict" not in describe_method(findings, "input")
    worse = with_interval(findings, "SRG", Interval(-0.3, -0.4, -0.2), "swap")
    text = describe_method(worse, "gradient x input")
    assert "better than random under reference, interpolation, gaussian, worse under swap" in text


def test_a_flag_and_left_out_samples_are_said() -> None:
    findings = judge_small_case().findings
    records = [
        replace(r, flagged=True) if r.flagged is not None else replace(r, dropped=4) for r in findings.records
    ]
    text = describe_method(replace(findings, records=tuple(records)), "input")
    assert "rank 3 of 6: flagged, the network seems to use it." in text
    assert "(samples left out, as their prediction changed or their map is zero: 4)" in text


def test_a_test_that_was_not_run_has_no_words() -> None:
    findings = judge_small_case().findings
    curves = tuple(record for record in findings.records if record.metric == "SRG")
    text = describe_method(replace(findings, records=curves, ceilings={}), "input")
    assert text.count(".") - text.count(" 0.") <= 4
    assert "andomisation" not in text
    limits = describe_limits(replace(findings, records=curves))
    assert len(limits) == 3
    assert len(describe_limits(findings)) == 9


def test_imputers_that_leave_the_class_there_are_named() -> None:
    findings = judge_small_case().findings
    leaky = {**findings.reliabilities, "swap": Reliability(0.9, 0.8, 1 / 3)}
    (line,) = [
        text for text in describe_limits(replace(findings, reliabilities=leaky)) if "hide little" in text
    ]
    assert line.startswith("imputers swap:")
