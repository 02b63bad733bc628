from lrprism.evaluation import Judgement
from small_judgement import judge_small_case


def test_a_judgement_prints_protocol_tables_words_and_limits() -> None:
    judgement = judge_small_case()
    text = str(judgement)
    titles = [
        "Protocol",
        "SRG: area",
        "Imputers: what",
        "Deletion of",
        "Planted",
        "Judgement",
        "What these tests",
    ]
    places = [text.index(title) for title in titles]
    assert places == sorted(places)
    for line in (*judgement.protocol_lines(), *judgement.words.values(), *judgement.limits):
        assert line in text


def test_the_protocol_names_the_samples_that_counted() -> None:
    first, *others = judge_small_case().protocol_lines()
    assert first == "samples: 60 of 60, those that the model gets right (balanced accuracy 1.000)"
    assert "controls: know the training samples" in others
    assert "note: 60 correct samples where at least 200 are asked for: intervals are wide" in others


def test_a_judgement_hands_on_its_findings() -> None:
    judgement = judge_small_case()
    assert judgement.rows() == judgement.findings.rows()
    assert judgement.curves is judgement.findings.curves
    assert repr(judgement) == "<Judgement of 2 methods on 60 samples: print() shows tables and words>"
    assert Judgement.of(judgement.findings).words == judgement.words
