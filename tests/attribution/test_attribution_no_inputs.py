"""Inputs that are no tensors are named, and the way out that is offered works as it is typed."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr
from PIL import Image
from torch import Tensor, nn

import lrprism as lp
from expected_warnings import LITTLE_ARRIVES

ROWS = [[1.0, 2.0], [3.0, 4.0]]
LINEAR = nn.Linear(2, 2)


class Cast(nn.Module):
    """Takes a picture as bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(12, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x.float().flatten(1) / 255)


class Masked(nn.Module):
    def forward(self, x: Tensor, keep: Tensor) -> Tensor:
        return torch.where(keep, x, torch.zeros_like(x))


class Swapped(nn.Module):
    def forward(self, keep: Tensor, x: Tensor) -> Tensor:
        return torch.where(keep, x, torch.zeros_like(x))


class Sum(nn.Module):
    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return a + b


class Words(nn.Module):
    """Looks up token ids, of one text or of several."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.layer = nn.Embedding(5, 3), nn.Linear(3, 2)

    def forward(self, ids: Tensor) -> Tensor:
        return self.layer(self.table(ids.view(-1, ids.shape[-1])).mean(1))


X, KEEP = torch.tensor(ROWS), torch.tensor([[True, False]])
WAYS: dict[str, tuple[nn.Module, Any, str]] = {
    "an array": (LINEAR, np.array(ROWS), "Found ndarray. Try torch.tensor(inputs).float()."),
    "a data frame": (
        LINEAR,
        pd.DataFrame({"a": [1, 2], "b": [True, False]}),
        "Found DataFrame. Try torch.tensor(inputs.to_numpy(dtype='float32')).",
    ),
    "an array with names": (
        LINEAR,
        xr.DataArray(ROWS),
        "Found DataArray. Try torch.tensor(inputs.to_numpy()).float().",
    ),
    "a picture": (
        nn.Sequential(nn.Flatten(0), nn.Unflatten(0, (1, -1)), nn.Linear(12, 2)),
        Image.new("RGB", (2, 2)),
        "Found Image. Try torch.tensor(numpy.asarray(inputs)).float().",
    ),
    "a list of numbers": (LINEAR, ROWS, "Found list. Try torch.tensor(inputs, dtype=torch.float32)."),
    "a picture of bytes": (
        Cast(),
        torch.ones(1, 3, 2, 2, dtype=torch.uint8),
        "inputs should be a float tensor, or token ids that the model looks up. Found torch.uint8 that no "
        "embedding looks up. Try inputs.float().",
    ),
    "bytes for a layer": (LINEAR, X.byte(), "Found torch.uint8. Try inputs.float()."),
    "a list for a layer": (LINEAR, [X], "Try inputs[0]."),
    "a list for two arguments": (
        Sum(),
        [X, X],
        "Try tuple(inputs) for 2 positional arguments, or torch.stack(inputs) for samples.",
    ),
    "token ids in lists": (
        Words(),
        [[1, 2], [3, 0]],
        "Found list. Try torch.tensor(inputs).long() for token ids, or torch.tensor(inputs).float() for "
        "other numbers.",
    ),
    "token ids in an array": (
        Words(),
        np.array([[1, 2], [3, 0]], dtype=np.uint16),
        "Found ndarray. Try torch.tensor(inputs).long() for token ids, or torch.tensor(inputs).float() for",
    ),
    "token ids in an array with names": (
        Words(),
        xr.DataArray([[1, 2], [3, 0]]),
        "Found DataArray. Try torch.tensor(inputs.to_numpy()).long() for token ids, or ",
    ),
    "token ids in arrays": (
        Words(),
        [np.array([1, 2]), np.array([3, 0])],
        "Found list. Try torch.tensor(numpy.stack(inputs)).long() for token ids, or ",
    ),
    "rows in arrays": (
        LINEAR,
        [np.array(row) for row in ROWS],
        "Try torch.tensor(numpy.stack(inputs)).float().",
    ),
    "a range": (Words(), range(4), "Found range. Try torch.tensor(inputs).long() for token ids, or "),
    "bytes in an array": (LINEAR, np.uint8(ROWS), "Found ndarray. Try torch.tensor(inputs).float()."),
    "a mask in an array": (LINEAR, np.array(ROWS) > 2, "Found ndarray. Try torch.tensor(inputs).float()."),
    "token ids as floats": (
        Words(),
        X,
        "inputs should be token ids, as whole numbers, where the model looks them up. Found torch.float32. "
        "Try inputs.long().",
    ),
    "bools": (LINEAR, KEEP, "Found torch.bool. Try inputs.float()."),
}


def message_of(model: nn.Module, inputs: Any) -> str:
    with pytest.raises(lp.InputError) as caught:
        lp.explain(model, inputs, 1)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@LITTLE_ARRIVES
@pytest.mark.parametrize("what", WAYS)
def test_the_way_out_works_as_it_is_typed(what: str) -> None:
    model, inputs, message = WAYS[what]
    assert message in message_of(model, inputs)
    typed = re.search(
        r"Try (torch\.tensor\(.*?\)\.long\(\)|\S+\(.*?\)|inputs\S+\]|inputs\.\S+\))(\.| for)", message
    )
    assert typed is not None
    tensor = eval(typed[1], {"torch": torch, "numpy": np, "inputs": inputs})
    relevance = lp.explain(model, tensor, 1).relevance
    assert all(
        tensor.isfinite().all() for tensor in (relevance if isinstance(relevance, tuple) else [relevance])
    )


def test_a_mask_behind_the_inputs() -> None:
    inputs = (X, KEEP)
    assert "Try explain(inputs[:1], args=inputs[1:]), which makes it a constant." in message_of(
        Masked(), inputs
    )
    relevance = lp.LRP(Masked()).explain(inputs[:1], 0, args=inputs[1:]).relevance
    assert relevance[0].tolist() == [[1.0, 0.0], [3.0, 0.0]]


def test_a_mask_in_front_of_the_inputs() -> None:
    inputs = (KEEP, X)
    expected = (
        "Try inputs by name, such as {'x': inputs[0]}, where whatever is no float tensor is a constant."
    )
    assert expected in message_of(Swapped(), inputs)
    relevance = lp.explain(Swapped(), {"keep": inputs[0], "x": inputs[1]}, 0).relevance
    assert relevance["x"].tolist() == [[1.0, 0.0], [3.0, 0.0]]


def test_a_complex_input_keeps_its_imaginary_part() -> None:
    class Spectrum(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.real + 2 * x.imag

    class Taken(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = Spectrum()

        def forward(self, x: Tensor) -> Tensor:
            return self.model(torch.view_as_complex(x))

    inputs = torch.tensor([[1 + 2j, 3 - 1j]])
    expected = "Try torch.view_as_real(inputs), and a module that calls torch.view_as_complex first."
    assert expected in message_of(Spectrum(), inputs)
    relevance = lp.explain(Taken(), torch.view_as_real(inputs), 0).relevance
    assert relevance.tolist() == [[[1.0, 4.0], [0.0, 0.0]]]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ("image.png", "Found str. Try what a tokenizer or a reader of images makes of it."),
        ([], "Found list. It holds no float tensor. Try a float tensor, or token ids."),
        (LINEAR, "Found Linear. Try a float tensor, or token ids."),
    ],
)
def test_what_no_tensor_can_be_made_of(inputs: Any, message: str) -> None:
    assert f"inputs should be a tensor. {message}" in message_of(LINEAR, inputs)


def test_an_error_of_a_model_that_takes_a_list_comes_through() -> None:
    class Failing(nn.Module):
        def forward(self, parts: list[Tensor]) -> Tensor:
            raise TypeError(f"own words about {len(parts)}")

    with pytest.raises(TypeError, match=r"^own words about 1$"):
        lp.explain(Failing(), [X])


@LITTLE_ARRIVES
@pytest.mark.parametrize("values", [[[1, 2], [3, 0]], np.array([[1, 2], [3, 0]])], ids=["lists", "array"])
def test_token_ids_that_are_no_tensor_by_name(values: Any) -> None:
    inputs = {"ids": values}
    assert message_of(Words(), inputs) == (
        "inputs should hold a float tensor or token ids. Found 'ids'. Try torch.tensor(inputs['ids']).long() "
        "for token ids, or torch.tensor(inputs['ids']).float() for other numbers."
    )
    explanation = lp.explain(Words(), {"ids": torch.tensor(inputs["ids"]).long()}, 1)
    assert explanation.relevance["ids"].shape == (2, 2)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([[1, 2], [3]], "Found list. Its lists differ in length. Pad them to one, as a tokenizer does with"),
        ([[1.0], 2.0], "Found list. Its lists differ in length."),
        (np.array(["cat"]), "Found ndarray. It holds <U3, no numbers. Try an array of numbers."),
        (np.array([None]), "Found ndarray. It holds object, no numbers. Try an array of numbers."),
        (
            np.array([1j]),
            "Try torch.view_as_real(torch.tensor(inputs)), and a module that calls torch.view_as_complex",
        ),
    ],
)
def test_what_makes_no_tensor_of_numbers(inputs: Any, message: str) -> None:
    assert message in message_of(LINEAR, inputs)
