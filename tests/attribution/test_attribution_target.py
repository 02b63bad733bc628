from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from lrprism import presets

LRP_0 = presets.Epsilon(0)


@pytest.fixture
def classifier() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 8, bias=False), nn.ReLU(), nn.Linear(8, 3, bias=False)).double()


@pytest.fixture
def x() -> Tensor:
    return torch.randn(4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


# logits a - b of (3, 1) and (1, 3): 2 and -2
ONE = torch.tensor([[3.0, 1.0], [1.0, 3.0]], dtype=torch.float64)
PLUS = [[3.0, -1.0], [1.0, -3.0]]
MINUS = [[-3.0, 1.0], [-1.0, 3.0]]


def one_output(*, squeezed: bool = False) -> nn.Module:
    layer = nn.Linear(2, 1, bias=False).double()
    layer.weight.data = torch.tensor([[1.0, -1.0]], dtype=torch.float64)
    return nn.Sequential(layer, nn.Flatten(0)) if squeezed else layer


@pytest.mark.parametrize("squeezed", [False, True])
@pytest.mark.parametrize("batch_size", [None, 1])
@pytest.mark.parametrize(
    ("number", "sides", "expected"),
    [
        (None, [1, 0], [PLUS[0], MINUS[1]]),  # the predicted side: logits 2 and -2
        (1, [1, 1], PLUS),
        (0, [0, 0], MINUS),
        ([0, 1], [0, 1], [MINUS[0], PLUS[1]]),
        (torch.tensor([1, 0]), [1, 0], [PLUS[0], MINUS[1]]),
        (np.array([0, 0]), [0, 0], MINUS),
    ],
)
def test_the_sides_of_a_binary_logit(
    number: Any, sides: list[int], expected: Any, batch_size: int | None, squeezed: bool
) -> None:
    explainer = lp.LRP(one_output(squeezed=squeezed), LRP_0)
    explanation = explainer.explain(ONE, lp.target.side(number), batch_size=batch_size)
    assert explanation.relevance.tolist() == expected
    assert explanation.target.tolist() == sides


def test_both_sides_with_one_forward_pass() -> None:
    both = lp.target.each(lp.target.side(0), lp.target.side(1))
    explanation = lp.LRP(one_output(), LRP_0).explain(ONE, both)
    assert explanation.relevance.tolist() == [MINUS, PLUS]
    assert explanation.target.tolist() == [[0, 0], [1, 1]]


ONE_VALUE = (
    "an output \\(N, 1\\) is one value, which target=None or 0 explains with its sign\\. Found {}\\. "
    "Try lp.target.side\\(1\\) or lp.target.side\\(0\\) for the two sides of a binary logit\\."
)
ONE_OUTPUT: dict[str, tuple[Any, str]] = {
    "class 1": (1, ONE_VALUE.format(1)),
    "class -1": (-1, ONE_VALUE.format(-1)),
    "class 1 of one sample": ([0, 1], ONE_VALUE.format(1)),
    "each class": (lp.target.each(0, 1), ONE_VALUE.format(1)),
    "True": (True, r"target should hold whole numbers\. Found torch.bool\."),
    "two classes": (
        lp.target.contrast(1, 0),
        r"contrast\(\) should meet at least two values per sample\. Found an output of shape \(2, 1\)\. "
        r"Try lp.target.side\(1\)",
    ),
    "side 2": (lp.target.side(2), r"side\(\) should be a side from 0 to 1, as a logit has 2\. Found 2\."),
    "sides as a mask": (lp.target.side([True, False]), r"side\(\) should hold whole numbers\."),
    "sides of three samples": (
        lp.target.side([0, 1, 0]),
        r"side\(\) should be one side or one per sample \(2\)",
    ),
    "a word that was not called": (
        lp.target.value,
        r"target should be what lp.target.value\(\) returns\. Found the function value\.",
    ),
    "a time step": (
        lp.target.at(0),
        r"at\(\) should meet an output \(N, steps, classes\)\. Found shape \(2, 1\)",
    ),
}


@pytest.mark.parametrize("what", ONE_OUTPUT)
def test_targets_that_do_not_fit_one_output(what: str) -> None:
    target, message = ONE_OUTPUT[what]
    with pytest.raises(lp.TargetError, match=f"^{message}"):
        lp.explain(one_output(), ONE, target)


@pytest.mark.parametrize("word", ["value", "side"])
def test_words_for_one_value_meet_several(classifier: nn.Module, x: Tensor, word: str) -> None:
    message = rf"^{word}\(\) should meet one value per sample, \(N, 1\) or \(N,\)\. Found .* shape \(4, 3\)"
    with pytest.raises(lp.TargetError, match=message):
        lp.explain(classifier, x, getattr(lp.target, word)())


# an output (N, T, C): 4 samples, 6 steps, 3 classes, each step a dense layer of its own 5 values
STEPS = torch.randn(4, 6, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("batch_size", [None, 3])
@pytest.mark.parametrize(
    ("target", "steps", "classes"),
    [
        (lp.target.at(2, 1), [2] * 4, [1] * 4),
        (lp.target.at(-1, index=0), [5] * 4, [0] * 4),
        (lp.target.at(3), [3] * 4, None),
        (lp.target.at([0, 5, -1, 2], [2, 0, 1, 1]), [0, 5, 5, 2], [2, 0, 1, 1]),
        (lp.target.at(torch.tensor([1, 1, 0, -6])), [1, 1, 0, 0], None),
        (lp.target.token(), [5] * 4, None),
        (lp.target.token(id=2), [5] * 4, [2] * 4),
        (lp.target.token(np.array([3, 4, 5, 0]), id=[0, 1, 2, 0]), [3, 4, 5, 0], [0, 1, 2, 0]),
    ],
)
def test_one_entry_of_a_sequence(
    classifier: nn.Module, target: Any, steps: list[int], classes: list[int] | None, batch_size: int | None
) -> None:
    z = classifier(STEPS)
    classes = classes or z[range(4), steps].argmax(1).tolist()
    explanation = lp.LRP(classifier, LRP_0).explain(STEPS, target, batch_size=batch_size)
    assert explanation.target.tolist() == classes
    # all of it lies at the step that was asked about, and adds up to the entry
    expected = torch.zeros(4, 6, dtype=torch.float64)
    expected[range(4), steps] = z[range(4), steps, classes].detach()
    torch.testing.assert_close(explanation.relevance.sum(2), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("batch_size", [None, 3])
def test_entries_of_a_sequence_against_each_other_and_side_by_side(
    classifier: nn.Module, batch_size: int | None
) -> None:
    explainer, at = lp.LRP(classifier, LRP_0), lp.target.at
    one, other = (explainer.explain(STEPS, at([0, 1, 2, 3], index)).relevance for index in (1, 2))
    against = lp.target.contrast(at([0, 1, 2, 3], 1), at([0, 1, 2, 3], 2))
    explanation = explainer.explain(STEPS, against, batch_size=batch_size)
    torch.testing.assert_close(explanation.relevance, one - other, rtol=1e-12, atol=1e-12)
    explanation = explainer.explain(
        STEPS, lp.target.each(at([0, 1, 2, 3], 1), at([0, 1, 2, 3], 2)), batch_size=batch_size
    )
    torch.testing.assert_close(explanation.relevance, torch.stack([one, other]), rtol=1e-12, atol=1e-12)
    assert explanation.target.tolist() == [[1] * 4, [2] * 4]


SEQUENCES: dict[str, tuple[Any, str]] = {
    "a step too far": (
        lp.target.at(6),
        r"step should be a time step from -6 to 5, as the model has 6\. Found 6\.",
    ),
    "a step too far back": (lp.target.at(-7), r"step should be a time step from -6 to 5, .* Found -7\."),
    "no such class": (
        lp.target.at(0, 3),
        r"index should be a class from 0 to 2, as the model has 3\. Found 3\.",
    ),
    "a class from the end": (lp.target.at(0, -1), r"index should be a class from 0 to 2, .* Found -1\."),
    "no such token": (lp.target.token(id=3), r"id should be a token id from 0 to 2, .* Found 3\."),
    "no such position": (lp.target.token(9), r"position should be a position from -6 to 5, .* Found 9\."),
    "a word": (
        lp.target.token(id="cat"),  # type: ignore[arg-type]
        r"id should be a token id, or one per sample\. Found 'cat'\.",
    ),
    "no step": (
        lp.target.at(None),  # type: ignore[arg-type]
        r"step should be a time step, or one per sample\. Found None\.",
    ),
    "a flag": (lp.target.at(True), r"step should hold whole numbers\. Found torch.bool\."),
    "steps of three samples": (
        lp.target.at([0, 1, 2]),
        r"step should be one time step or one per sample \(4\)",
    ),
}


@pytest.mark.parametrize("what", SEQUENCES)
def test_entries_that_a_sequence_does_not_have(classifier: nn.Module, what: str) -> None:
    target, message = SEQUENCES[what]
    with pytest.raises(lp.TargetError, match=f"^{message}"):
        lp.explain(classifier, STEPS, target)


@pytest.mark.parametrize("target", [None, 0, [0, 0], "all", lp.target.each(1), lp.target.contrast(0, 1)])
def test_an_output_that_is_not_n_by_classes(target: Any) -> None:
    with pytest.raises(
        lp.TargetError,
        match=r"output should be \(N, classes\) to explain a class\. Found shape \(2, 3, 4\)\. "
        r"Try lp.target.at\(step\) or lp.target.token\(position=-1, id=None\) for an output \(N, T, C\)",
    ):
        lp.explain(nn.Linear(5, 4), torch.rand(2, 3, 5), target)


def test_each_takes_no_bool() -> None:
    with pytest.raises(lp.TargetError, match=r"^each\(\) should name whole numbers\. Found \(True,\)"):
        lp.target.each(True)


PIXELS = torch.rand(2, 3, 4, 5)
MAPS = (
    "output should be (N, classes) to explain a class. Found shape (2, 3, 4, 5). Try output=lambda out: "
    "out.flatten(2).mean(2) for the mean over all places, or a callable target that returns a seed of that "
    "shape, 1 at the places that are meant."
)
SEQUENCE = (
    "Found an output of shape (4, 6, 3). Try lp.target.at(step, index=0) or lp.target.token() for (N, T, C), "
    "or a callable, such as torch.ones_like for the sum over all entries."
)
OTHER_WORDS: dict[str, tuple[Tensor, Any, str]] = {
    "the value of a sequence": (
        STEPS[..., :3],
        lp.target.value(),
        f"value() should meet one value per sample, (N, 1) or (N,). {SEQUENCE}",
    ),
    "the side of a sequence": (
        STEPS[..., :3],
        lp.target.side(),
        f"side() should meet one value per sample, (N, 1) or (N,). {SEQUENCE}",
    ),
    "the value of classes": (
        STEPS[:, 0],
        lp.target.value(),
        "Give the index of the value, such as target=0.",
    ),
    "the side of classes": (STEPS[:, 0], lp.target.side(), "Give the class, such as target=1."),
    "the value of a map": (
        PIXELS,
        lp.target.value(),
        "(2, 3, 4, 5). Try a callable that returns a seed of that shape, such as torch.ones_like for the sum "
        "over all entries.",
    ),
    "a step of a map": (
        PIXELS,
        lp.target.at(0),
        "at() should meet an output (N, steps, classes). Found shape (2, 3, 4, 5). Try a callable that",
    ),
    "a class of a map": (PIXELS, 1, MAPS),
    "the predicted class of a map": (PIXELS, None, MAPS),
    "all classes of a map": (PIXELS, "all", MAPS),
    "a step of one sequence": (
        STEPS[0],
        lp.target.at(0),
        "at() should meet an output (N, steps, classes). Found shape (6, 5). Give an index such as target=0 "
        "for (N, classes), or the inputs with an axis of one sample in front, inputs[None], if they are one "
        "sequence.",
    ),
    "a token of values": (
        STEPS[:, 0, 0],
        lp.target.token(),
        "token() should meet an output (N, tokens, vocabulary). Found shape (4,). Try lp.target.value(), or "
        "lp.target.side(1) for a binary logit.",
    ),
    "a class of one number": (
        torch.tensor(2.0),
        0,
        "an output () is one value and has no classes: target should be None or lp.target.value(), or "
        "lp.target.side(1) for a binary logit. Found shape ().",
    ),
    "another word": (
        STEPS[:, 0],
        "last",
        "Found 'last'. See lp.target for what else there is, such as at(step) of a sequence, side(1) of a "
        "binary logit, value() and contrast(0, 1).",
    ),
    "a class of targets": (
        STEPS[:, 0],
        lp.target.Side,
        "target should be what lp.target.side() returns. Found the class Side.",
    ),
    "one-hot rows": (
        STEPS[:, 0],
        torch.eye(5)[:4],
        "Found torch.float32. Try target.argmax(1) for one-hot rows, or a callable for a seed: lambda "
        "output: target.",
    ),
    "one-hot rows of whole numbers": (
        STEPS[:, 0],
        torch.eye(5).long()[:4],
        "Found shape (4, 5). Try target.argmax(1) for one-hot rows, or a callable for a seed: lambda output: "
        "target.",
    ),
    "a column": (STEPS[:, 0], torch.zeros(4, 1).long(), "Found shape (4, 1). Try target.flatten()."),
    "a fraction": (
        STEPS[:, 0],
        0.5,
        "Found torch.float32. Try a class, or a callable that returns a seed of the output's shape.",
    ),
    "a column as a seed": (
        STEPS[:, 0],
        lambda z: z[:, :1],
        "Found (4, 1). A seed holds 1 at the entries that are explained and 0 elsewhere.",
    ),
}


@pytest.mark.parametrize("what", OTHER_WORDS)
def test_the_message_names_the_word_that_fits(what: str) -> None:
    x, target, message = OTHER_WORDS[what]
    with pytest.raises(lp.TargetError) as caught:
        lp.explain(Double(), x, target)
    assert message in str(caught.value)


class Double(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return 2 * x


@pytest.mark.parametrize("number", [None, 0, 1])
def test_the_side_of_one_number(number: int | None) -> None:
    # 2 x = -6: the predicted side is 0, which minus the logit speaks for
    explanation = lp.LRP(Double(), LRP_0).explain(torch.tensor(-3.0), lp.target.side(number))
    side = number or 0
    assert (explanation.relevance.item(), explanation.target.tolist()) == (-6.0 if side else 6.0, [side])


@pytest.mark.parametrize(
    ("target", "typed"),
    [
        (lp.target.value(), "value()"),
        (lp.target.side(), "side()"),
        (lp.target.side(0), "side(0)"),
        (lp.target.side(torch.zeros(100)), "side(Tensor(100,))"),
        (lp.target.at(-1), "at(-1)"),
        (lp.target.at([0, 1], 2), "at([0, 1], index=2)"),
        (lp.target.token(), "token(position=-1)"),
        (lp.target.token(3, id=7), "token(position=3, id=7)"),
        (lp.target.contrast(0, lp.target.at(1, 2)), "contrast(0, at(1, index=2))"),
        (lp.target.each(0, 3), "each(0, 3)"),
        (lp.target.each(lp.target.side(0)), "each(side(0))"),
    ],
)
def test_a_target_prints_as_it_is_typed(target: Any, typed: str) -> None:
    assert repr(target) == typed
