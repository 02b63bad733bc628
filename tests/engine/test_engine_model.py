"""A value in the place of a model is named with a way out that works as typed; no part may be scripted."""

import warnings
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

import lrprism as lp

X = torch.tensor([[1.0, 2.0]])
LINEAR = nn.Linear(2, 2)

MODELS: dict[str, tuple[Any, str, str]] = {
    "a class": (nn.Linear, "the class Linear. Try an instance of it, Linear(...).", "model(2, 2)"),
    "a list": ([LINEAR], "list. Try one of its models, such as model[0].", "model[0]"),
    "a tuple": (("name", LINEAR), "tuple. Try one of its models, such as model[1].", "model[1]"),
    "a wrapper": (SimpleNamespace(net=LINEAR), "Try its module, model.net.", "model.net"),
    "an exported program": (torch.export.export(LINEAR, (X,)), "Try model.module().", "model.module()"),
}


@pytest.mark.parametrize("what", MODELS)
def test_what_is_no_model_is_named_with_a_way_out_that_works(what: str) -> None:
    model, message, way_out = MODELS[what]
    with pytest.raises(lp.ModelError, match=r"^model should be a torch\.nn\.Module\. Found ") as caught:
        lp.LRP(model)
    assert str(caught.value).endswith(message)
    assert lp.explain(eval(way_out, {"model": model}), X).relevance.shape == (1, 2)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (LINEAR.state_dict(), "OrderedDict of weights. Build the model and call its load_state_dict(...)."),
        (torch.relu, "Wrap a function in a module."),
        (dict, "Found the class dict. Try an instance of it, dict()."),
        (X, "Found Tensor. The model comes first: explain(model, inputs)."),
        (None, "Found NoneType. Wrap a function in a module."),
    ],
)
def test_what_is_no_model_and_holds_none(model: Any, message: str) -> None:
    with pytest.raises(lp.ModelError) as caught:
        lp.LRP(model)
    assert str(caught.value).endswith(message)


def test_every_script_module_is_named() -> None:
    with warnings.catch_warnings():
        # torch.jit is on its way out, by a DeprecationWarning or a FutureWarning
        warnings.filterwarnings("ignore", r"`torch\.jit\.")
        scripted = torch.jit.script(nn.Linear(2, 2))
        traced = torch.jit.trace(nn.ReLU(), torch.ones(1, 2))
    for model, names in [
        (scripted, r"\(model\)"),
        (nn.DataParallel(scripted), r"\(model\)"),
        (nn.Sequential(nn.ReLU(), nn.ModuleDict({"a": scripted, "b": traced})), r"1\.a, 1\.b"),
    ]:
        expected = rf"nothing inside a ScriptModule can be seen\. Found {names}\. Pass the module that was"
        with pytest.raises(lp.ModelError, match=expected):
            lp.LRP(model)
