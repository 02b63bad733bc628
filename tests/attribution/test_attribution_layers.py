"""The modules that a user gets relevance for: those that ran, under every name that they have."""

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from lrprism import presets

X = torch.tensor([[1.0, 2.0]])


class Shared(nn.Module):
    """Two names of one layer, a block that never runs, a layer that no input reaches."""

    def __init__(self) -> None:
        super().__init__()
        self.block = nn.ModuleDict({"one": nn.Linear(2, 2), "idle": nn.Linear(2, 2), "side": nn.Linear(2, 2)})
        self.again = self.block["one"]
        self.dead = nn.ModuleDict({"idle": nn.Linear(2, 2)})

    def forward(self, x: Tensor) -> Tensor:
        return self.again(x) + self.block["side"](torch.ones(1, 2))


def layers(*names: str) -> set[str]:
    return set(lp.LRP(Shared(), presets.Epsilon(0)).explain(X, 0, layers=names).layers)


def test_a_glob_takes_the_modules_that_ran_and_depend_on_the_inputs() -> None:
    assert layers("block.*") == {"block.one"}
    assert layers("*") == {"", "block.one", "again"}


def test_a_shared_module_answers_to_all_its_names() -> None:
    result = lp.LRP(Shared(), presets.Epsilon(0)).explain(X, 0, layers=["again", "block.one"]).layers
    assert list(result) == ["block.one", "again"]
    assert torch.equal(result["again"], result["block.one"])
    assert layers("again") == {"again"}


@pytest.mark.parametrize("name", ["block.idle", "block.side", "block", "dead.*"])
def test_what_did_not_run_is_refused_by_name(name: str) -> None:
    message = rf"^layers should be modules that run and depend on the inputs\. Found {name}\. Leave it out\.$"
    with pytest.raises(lp.InputError, match=message.replace("*", r"\*")):
        layers("again", name)


def test_a_module_stands_for_its_first_path() -> None:
    model = Shared()
    result = lp.LRP(model, presets.Epsilon(0)).explain(X, 0, layers=[model.again, model]).layers
    assert list(result) == ["block.one", ""]
    by_path = lp.LRP(model, presets.Epsilon(0)).explain(X, 0, layers=["block.one"]).layers
    assert torch.equal(result["block.one"], by_path["block.one"])
    alone = lp.LRP(model, presets.Epsilon(0)).explain(X, 0, layers=model.again).layers
    assert list(alone) == ["block.one"]


def test_a_module_of_another_model_is_refused() -> None:
    message = (
        r"^layers should be modules of the model\. Found a Linear that is not part of the Shared\. Take the"
    )
    with pytest.raises(lp.InputError, match=message):
        lp.LRP(Shared(), presets.Epsilon(0)).explain(X, 0, layers=[Shared().again])


def test_layers_in_batches_have_all_their_names() -> None:
    explainer = lp.LRP(Shared(), presets.Epsilon(0))
    x = torch.cat([X, 2 * X, -X])
    whole = explainer.explain(x, 0, layers=["*"]).layers
    cut = explainer.explain(x, 0, layers=["*"], batch_size=2).layers
    assert set(cut) == set(whole)
    torch.testing.assert_close(cut["again"], whole["again"])
