from dataclasses import replace

from lrprism.evaluation.tables import format_findings
from small_judgement import judge_small_case


def test_every_figure_stands_in_a_table() -> None:
    findings = judge_small_case().findings
    text = "\n".join(format_findings(findings))
    for record in findings.records:
        assert str(record.interval) in text
        assert record.method in text


def test_outcomes_stand_beside_their_figures() -> None:
    text = "\n".join(format_findings(judge_small_case().findings))
    assert " passed" in text
    assert " failed" in text
    assert "rank 6 of 6" in text
    flagged = judge_small_case().findings
    records = [replace(r, flagged=True, dropped=3) if r.flagged is not None else r for r in flagged.records]
    assert "flagged rank 6 of 6 3 dropped" in "\n".join(
        format_findings(replace(flagged, records=tuple(records)))
    )


def test_a_test_that_was_not_run_has_no_table() -> None:
    findings = judge_small_case().findings
    curves = tuple(record for record in findings.records if record.metric == "SRG")
    tables = format_findings(replace(findings, records=curves))
    assert [table.split(":")[0] for table in tables] == ["SRG", "Imputers"]
