from dataclasses import replace

from lrprism.spectral.bands.features import InsideShare
from lrprism.spectral.knowledge.absorption import FEATURES
from lrprism.spectral.report.judge import ClassFinding
from lrprism.spectral.report.needed import ALL, Need
from lrprism.spectral.report.stretches import Cause, Stretch
from lrprism.spectral.report.words import (
    describe_findings,
    note_no_features,
    tabulate_classes,
    tabulate_stretches,
)

RED = Stretch(
    655, 705, 680, 2.1, 1.9, 2.3, 0.41, (Cause("red edge", InsideShare(0.41, 0.08, 5.1, 0.007), 28),)
)
FINDINGS = [
    ClassFinding(0, "rye", 35, 11, ("the network gets most of these samples wrong",), ()),
    ClassFinding(1, "hay", 20, 20, (), (RED,)),
]
NEEDS = {1: [Need("655 to 705 nm", 20, 0.98, {"training mean": 0.2}, {"training mean": 0.9})]}


def test_words() -> None:
    assert describe_findings(FINDINGS, NEEDS, "logit")[1:] == [
        "  rye (11 of 35 right): nothing is named. The network gets most of these samples wrong.",
        "  hay (20 of 20 right): 655 to 705 nm (peak 680 nm) +2.1 logit [1.9, 2.3], in red edge (41 % of the "
        "relevance on 8 % of the bandwidth, p 0.007 corrected for 28 features)",
        "    without 655 to 705 nm recall falls from 0.98 to 0.20 (training mean); with this stretch "
        "alone it is 0.90 (training mean)",
    ]


def test_one_band_alone_may_be_a_fault_of_the_sensor() -> None:
    caution = "one band alone: a fault of that band would look the same"
    line = Stretch(552.5, 552.5, 552.5, 1.71, 1.4, 2.01, 0.5, caution=caution)
    assert tabulate_stretches([ClassFinding(1, "hay", 20, 20, (), (line,))], {})["caution"][0] == caution
    (text,) = describe_findings([ClassFinding(1, "hay", 20, 20, (), (line,))], {}, "logit")[1:]
    assert text == (
        "  hay (20 of 20 right): 552.5 nm +1.71 logit [1.4, 2.01], one band alone: a fault of that band "
        "would look the same"
    )


def test_a_stretch_that_the_network_does_without_is_not_hidden_among_others() -> None:
    blue = Stretch(450, 500, 480, 1.1, 0.9, 1.3, 0.2)
    places, shares = ("655 to 705 nm", "450 to 500 nm", ALL), (0.2, 0.97, 0.1)
    needs = [
        Need(place, 20, 0.98, {"training mean": share}, {"training mean": 0.5})
        for place, share in zip(places, shares, strict=True)
    ]
    finding = ClassFinding(1, "hay", 20, 20, (), (RED, blue))
    lines = describe_findings([finding], {1: needs}, "logit")[2:]
    assert [line.strip()[:43] for line in lines] == [
        "without these bands recall falls from 0.98 ",
        "without 450 to 500 nm recall stays at 0.97 ",
    ]


def test_tables() -> None:
    classes = tabulate_classes(FINDINGS)
    assert classes["right"].tolist() == [11, 20]
    unknown = tabulate_classes([ClassFinding(0, "rye", 35, None, (), ())])
    assert unknown.to_csv(index=False).splitlines()[1] == "0,rye,35,,"
    assert classes["reasons"].tolist() == ["the network gets most of these samples wrong", ""]
    (row,) = tabulate_stretches(FINDINGS, NEEDS).to_dict("records")
    assert (row["class_name"], row["start_nm"], row["end_nm"], row["low"]) == ("hay", 655, 705, 1.9)
    assert (row["recall_without_training_mean"], row["recall_alone_training_mean"]) == (0.2, 0.9)
    assert tabulate_stretches(FINDINGS[:1], {}).empty


def test_stretches_without_a_known_feature_are_said_once() -> None:
    stretch = Stretch(600, 640, 620, 1.0, 0.5, 1.5, 0.2)
    finding = ClassFinding(0, "rye", 20, 20, (), (stretch,))
    (line,) = note_no_features([finding, finding], FEATURES)
    assert (
        line == "Of these stretches none lies in an absorption feature that holds more relevance than chance."
    )
    assert note_no_features([replace(finding, stretches=())], FEATURES) == []
    assert note_no_features([finding], ()) == []
