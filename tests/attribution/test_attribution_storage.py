"""Explanations in files: exact, safe to read, and refused where they are damaged."""

import pickle
import warnings
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp


def explain_small(**options: Any) -> lp.Explanation:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3))
    return lp.LRP(model).explain(torch.rand(2, 5), **options)


def is_same(one: Any, other: Any) -> bool:
    """Compare nested values, tensors bit by bit with their types."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Tensor):
        return (
            one.dtype == other.dtype
            and torch.equal(one.isnan(), other.isnan())
            and (torch.equal(one.nan_to_num(), other.nan_to_num()))
        )
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(is_same, one, other))
    if hasattr(one, "__dataclass_fields__"):
        return all(is_same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    return bool(one == other)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"target": "all", "audit": True, "layers": ["*"]},
        {"audit": True, "reference": torch.zeros(1, 5), "batch_size": 1},
    ],
)
def test_what_was_saved_is_read_number_by_number(tmp_path: Path, options: dict[str, Any]) -> None:
    explanation = explain_small(**options)
    explanation.save(tmp_path / "why.pt")
    again = lp.Explanation.load(tmp_path / "why.pt")
    assert is_same(again, explanation)
    assert repr(again) == repr(explanation)
    assert str(again.audit) == str(explanation.audit)
    assert [file.name for file in tmp_path.iterdir()] == ["why.pt"]


def test_nested_relevance_of_any_type_comes_back(tmp_path: Path) -> None:
    nan = torch.tensor([[float("nan"), float("-inf"), 1e-45]])
    relevance = {"a": (nan, None), ("x", 1): [torch.ones(1, 2).bfloat16()], 3: torch.rand(1, 2).double()}
    explanation = lp.Explanation(relevance, torch.rand(1, 2).half(), None)
    explanation.save(str(tmp_path / "why.pt"))
    assert is_same(lp.Explanation.load(str(tmp_path / "why.pt")), explanation)


def test_a_part_of_a_large_tensor_is_saved_alone(tmp_path: Path) -> None:
    large = torch.rand(10**6)
    lp.Explanation(large[:10], torch.rand(10), None).save(tmp_path / "why.pt")
    assert (tmp_path / "why.pt").stat().st_size < 10**4


def test_tensors_of_other_classes_are_saved_as_numbers(tmp_path: Path) -> None:
    explanation = lp.Explanation(nn.Parameter(torch.rand(2, 3)), torch.rand(2), None)
    explanation.save(tmp_path / "why.pt")
    assert type(lp.Explanation.load(tmp_path / "why.pt").relevance) is Tensor


def test_a_flipped_bit_is_refused_or_changes_nothing(tmp_path: Path) -> None:
    explanation = explain_small(audit=True)
    explanation.save(tmp_path / "why.pt")
    whole, refused = (tmp_path / "why.pt").read_bytes(), 0
    file = tmp_path / "damaged.pt"
    places = range(0, len(whole), 37)
    for place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        file.write_bytes(damaged)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                again = lp.Explanation.load(file)
        except lp.DataError as error:
            refused += str(error).startswith(f"'{file}' should be an explanation that save() wrote. Found ")
        else:
            assert is_same(again, explanation)
    assert refused > len(places) / 4


@pytest.mark.parametrize("share", [0, 0.3, 0.99])
def test_a_cut_file_is_refused(tmp_path: Path, share: float) -> None:
    file = tmp_path / "why.pt"
    explain_small().save(file)
    file.write_bytes(file.read_bytes()[: int(share * file.stat().st_size)])
    with pytest.raises(lp.DataError, match=r"should be an explanation .* Found a foreign or cut file"):
        lp.Explanation.load(file)


class Malicious:
    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        return Path.touch, (self.file,)


def test_a_file_with_code_runs_nothing(tmp_path: Path) -> None:
    torch.save(
        {"format": "lrprism explanation", "content": Malicious(tmp_path / "mark")}, tmp_path / "bad.pt"
    )
    with pytest.raises(lp.DataError, match="Found a file that torch cannot read"):
        lp.Explanation.load(tmp_path / "bad.pt")
    (tmp_path / "bad.pkl").write_bytes(pickle.dumps(Malicious(tmp_path / "mark")))
    with pytest.raises(lp.DataError, match="Found a foreign or cut file"):
        lp.Explanation.load(tmp_path / "bad.pkl")
    assert not (tmp_path / "mark").exists()


def with_content(**changes: Any) -> dict[str, Any]:
    content = {field.name: None for field in fields(lp.Explanation)}
    content |= {"relevance": torch.ones(1), "output": torch.ones(1), "layers": {}} | changes
    return {"format": "lrprism explanation", "version": 1, "content": content}


ACCOUNT = {"rows": [], "explained": 1.0, "reached": 1.0, "unseen": [], "per_sample": None}


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ({"weights": torch.ones(2)}, "something else in a file of torch"),
        (torch.ones(2), "something else in a file of torch"),
        (with_content() | {"version": 2}, "version 2 of the format, where 1 is known"),
        (with_content() | {"content": None}, "other fields than those of an explanation"),
        (with_content(more=1), "other fields than those of an explanation"),
        (with_content(output=None), "fields of another kind"),
        (with_content(layers=[]), "fields of another kind"),
        (with_content(audit=3), "fields of another kind"),
        (with_content(audit={"rows": []}), "fields of another kind"),
        (with_content(audit=ACCOUNT | {"rows": [{"op": "relu"}]}), "fields of another kind"),
        (with_content(audit=ACCOUNT | {"per_sample": {"lost": 1}}), "fields of another kind"),
    ],
)
def test_a_foreign_file_is_refused(tmp_path: Path, stored: Any, expected: str) -> None:
    torch.save(stored, tmp_path / "foreign.pt")
    with pytest.raises(lp.DataError, match=f"Found {expected}. Save it again"):
        lp.Explanation.load(tmp_path / "foreign.pt")


def test_a_whole_file_of_hand_written_fields_is_read(tmp_path: Path) -> None:
    torch.save(with_content(audit=ACCOUNT), tmp_path / "why.pt")
    audit = lp.Explanation.load(tmp_path / "why.pt").audit
    assert audit is not None
    assert (len(audit), audit.explained) == (0, 1.0)


def test_places_that_cannot_be_written_or_read(tmp_path: Path) -> None:
    explanation = explain_small()
    with pytest.raises(lp.ResultsError, match=r"should go where it can be written\. Found .*No such file"):
        explanation.save(tmp_path / "none" / "why.pt")
    with pytest.raises(lp.ResultsError, match=r"should be a file that can be read\. Found .*No such file"):
        lp.Explanation.load(tmp_path / "none.pt")
    with pytest.raises(lp.ResultsError, match="Is a directory"):
        lp.Explanation.load(tmp_path)
    (tmp_path / "folder").mkdir()
    with pytest.raises(lp.ResultsError, match="should go where it can be written"):
        explanation.save(tmp_path / "folder")
    assert [file.name for file in tmp_path.iterdir()] == ["folder"]


def test_keys_that_torch_would_not_read_back_are_refused(tmp_path: Path) -> None:
    explanation = lp.Explanation({Path("a"): torch.ones(1)}, torch.ones(1), None)
    with pytest.raises(lp.InputError, match=r"should lie under texts, numbers or tuples .* Found Posix"):
        explanation.save(tmp_path / "why.pt")
    assert not any(tmp_path.iterdir())
