"""The tensors of an explanation, each beside its input."""

import pytest
import torch

import lrprism as lp
from lrprism.attribution.parts import find_part, list_parts

OUTPUT = torch.zeros(2, 3)


def test_one_tensor_is_one_part_without_a_name() -> None:
    x = torch.rand(2, 4)
    (part,) = list_parts(2 * x, x, OUTPUT)
    assert part.name == ""
    assert (part.has_class_axis, part.is_sampled) == (False, True)
    relevance, inputs = part.of_samples(1)
    assert torch.equal(relevance, 2 * x[None, :1])
    assert inputs is not None
    assert torch.equal(inputs, x[:1])


def test_nested_tensors_have_the_names_that_lead_to_them() -> None:
    x = {"graph": (torch.rand(2, 4), torch.rand(2)), "mask": torch.ones(2)}
    # the mask got no relevance
    parts = list_parts({"graph": (x["graph"][0], x["graph"][1])}, x, OUTPUT)
    assert [part.name for part in parts] == ["graph.0", "graph.1"]
    assert parts[1].inputs is x["graph"][1]


def test_an_axis_more_than_the_input_is_that_of_the_classes() -> None:
    x = torch.rand(2, 4)
    (part,) = list_parts(torch.stack([x, 2 * x, 3 * x]), x, OUTPUT)
    assert (part.has_class_axis, part.is_sampled) == (True, True)
    assert part.of_samples(1)[0].shape == (1, 1, 4)
    relevance, inputs = part.of_samples(5)
    assert relevance.shape == (3, 2, 4)
    assert inputs is not None


def test_an_input_of_another_form_is_left_out() -> None:
    (part,) = list_parts(torch.rand(2, 4, 8), torch.ones(2, 4), OUTPUT)
    assert part.inputs is None
    assert part.is_sampled
    assert list_parts(torch.rand(2, 4), None, OUTPUT)[0].inputs is None


def test_without_samples_relevance_gets_an_axis_of_one() -> None:
    (part,) = list_parts(torch.rand(5, 4), torch.rand(5, 4), torch.tensor(1.0))
    assert not part.is_sampled
    relevance, inputs = part.of_samples(3)
    assert relevance.shape == (1, 1, 5, 4)
    assert inputs is not None
    assert inputs.shape == (1, 5, 4)


def test_token_ids_are_no_amounts_and_half_precision_is_widened() -> None:
    (part,) = list_parts(torch.ones(2, 4).bfloat16(), torch.ones(2, 4, dtype=torch.int64), OUTPUT)
    relevance, inputs = part.of_samples(2)
    assert relevance.dtype is torch.float32
    assert inputs is None
    (part,) = list_parts(torch.ones(2, 4).double(), torch.ones(2, 4).half(), OUTPUT)
    assert [tensor.dtype for tensor in part.of_samples(2) if tensor is not None] == [
        torch.float64,
        torch.float32,
    ]


def test_a_part_is_found_by_its_name() -> None:
    parts = list_parts({"a": OUTPUT, "b": OUTPUT}, None, OUTPUT)
    assert find_part(parts, "b") is parts[1]
    assert find_part(parts[:1], None) is parts[0]
    with pytest.raises(
        lp.InputError, match=r"part should name one tensor .* Found None\. There is: 'a', 'b'"
    ):
        find_part(parts, None)
    with pytest.raises(lp.InputError, match=r"Found 'c'\. There is: 'a', 'b'"):
        find_part(parts, "c")
    with pytest.raises(lp.InputError, match=r"There is: nothing"):
        find_part([], None)
