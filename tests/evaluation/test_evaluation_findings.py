import pytest
import torch

from lrprism.evaluation import Bootstrap
from lrprism.evaluation.findings import CEILING
from small_judgement import judge_small_case


def test_a_record_is_found_by_method_metric_and_imputer() -> None:
    findings = judge_small_case().findings
    record = findings.find("gradient x input", "SRG", "swap")
    assert record is not None
    expected = Bootstrap(resamples=100).measure(findings.curves["gradient x input"]["swap"].srg)
    assert record.interval == expected
    assert findings.find("gradient x input", "SRG", "blur") is None


def test_rows_are_flat_and_hold_every_record_once() -> None:
    findings = judge_small_case().findings
    rows = findings.rows()
    assert len({(row["method"], row["metric"], row["imputer"]) for row in rows}) == len(rows)
    assert len(rows) == len(findings.records)
    assert all(row["low"] <= row["high"] for row in rows)
    (blind,) = [row for row in rows if (row["method"], row["metric"]) == ("input", "blind feature")]
    assert blind["passed"] is False


def test_two_methods_are_compared_on_the_same_samples() -> None:
    findings = judge_small_case().findings
    gain = findings.compare_srg("gradient x input", "random", "reference")
    curves = findings.curves
    expected = (curves["gradient x input"]["reference"].srg - curves["random"]["reference"].srg).mean()
    assert gain.value == pytest.approx(expected.item(), abs=1e-6)
    assert findings.compare_srg("input", "input", "swap").high == 0


def test_reach_is_the_share_of_the_ceiling_on_the_samples_of_the_ceiling() -> None:
    findings = judge_small_case().findings
    rows, ceiling = findings.ceilings["reference"]
    assert len(rows) == len(ceiling.srg) == 6
    by_hand = findings.curves["input"]["reference"].srg[rows].mean() / ceiling.srg.mean()
    assert findings.measure_reach("input", "reference") == pytest.approx(by_hand.item())
    assert findings.measure_reach("input", "blur") is None
    record = findings.find(CEILING, "SRG", "reference")
    assert record is not None
    assert record.interval.value == pytest.approx(ceiling.srg.mean().item())
    assert torch.equal(rows, rows.sort().values)
