import logging
import os
import zipfile
from collections.abc import Callable
from logging.handlers import QueueHandler
from pathlib import Path
from queue import SimpleQueue

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from expected_warnings import LITTLE_ARRIVES
from lrprism.errors import DataError, InputError, ModelError
from lrprism.spectral.networks import LoadedWeights, load_checkpoint, load_factory, load_program, save_weights

OURS = """
import torch

class Net(torch.nn.Sequential):
    def __init__(self, bands, classes=2):
        super().__init__(torch.nn.Linear(bands, classes))

def no_model():
    return 3

number = 3
"""


class Touch:
    """Unpickles to a call that leaves a file behind, as a malicious pickle would."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self.path}",)


def network() -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "ours_to_load").mkdir()
    (tmp_path / "ours_to_load" / "__init__.py").touch()
    (tmp_path / "ours_to_load" / "nets.py").write_text(OURS)
    monkeypatch.syspath_prepend(str(tmp_path))
    return "ours_to_load.nets"


# torch.export itself still asks in a way that torch calls deprecated
@LITTLE_ARRIVES
@pytest.mark.filterwarnings("ignore:`isinstance.treespec, LeafSpec.` is deprecated:FutureWarning")
@pytest.mark.parametrize("decomposed", [False, True])
def test_a_program_computes_and_is_explained_as_its_model(tmp_path: Path, *, decomposed: bool) -> None:
    model, x = network(), torch.rand(2, 3)
    exported = torch.export.export(model, (x,))
    torch.export.save(exported.run_decompositions() if decomposed else exported, tmp_path / "model.pt2")
    program = load_program(tmp_path / "model.pt2")
    torch.testing.assert_close(program(x), model(x))
    torch.testing.assert_close(lp.explain(program, x).relevance, lp.explain(model, x).relevance)


@pytest.mark.filterwarnings("ignore:`isinstance.treespec, LeafSpec.` is deprecated:FutureWarning")
def test_a_program_that_torch_cannot_read_is_refused(tmp_path: Path) -> None:
    torch.export.save(torch.export.export(network(), (torch.rand(2, 3),)), tmp_path / "model.pt2")
    with (
        zipfile.ZipFile(tmp_path / "model.pt2") as archive,
        zipfile.ZipFile(tmp_path / "old.pt2", "w") as old,
    ):
        for name in archive.namelist():
            old.writestr(name, b"999" if name.endswith("archive_version") else archive.read(name))
    with pytest.raises(
        DataError, match=r"should be one that this torch \(.*\) can read\. Found .*999.* Export it"
    ):
        load_program(tmp_path / "old.pt2")


def test_a_checkpoint_is_no_program(tmp_path: Path) -> None:
    torch.save(network().state_dict(), tmp_path / "weights.pt2")
    with pytest.raises(
        DataError, match=r"no member but graph, tensors and sample inputs\. Found member 'data"
    ):
        load_program(tmp_path / "weights.pt2")


@pytest.mark.parametrize(
    ("section", "prefix"), [("", ""), ("state_dict", "model."), ("model", "module.net.")]
)
def test_checkpoints_of_every_kind_fill_the_model(tmp_path: Path, section: str, prefix: str) -> None:
    model, other = network(), network()
    weights = {prefix + name: value for name, value in model.state_dict().items()}
    path = tmp_path / "last.ckpt"
    torch.save({section: weights, "epoch": 3} if section else weights, path)
    loaded = load_checkpoint(other, path)
    assert loaded == LoadedWeights(path, 4, section, prefix)
    x = torch.rand(2, 3)
    assert torch.equal(model(x), other(x))


def test_what_was_loaded_is_said_in_words() -> None:
    loaded = LoadedWeights(Path("last.ckpt"), 4, "state_dict", "model.")
    assert (
        str(loaded)
        == "4 tensors from last.ckpt, under 'state_dict', without the prefix 'model.' of their names"
    )
    assert str(LoadedWeights(Path("a.safetensors"), 4, "", "")) == "4 tensors from a.safetensors"


def test_a_safetensors_file_fills_the_model(tmp_path: Path) -> None:
    model, other = network(), network()
    load_checkpoint(other, save_weights(model, tmp_path / "weights.safetensors"))
    assert torch.equal(model[0].weight, other[0].weight)


def test_a_malicious_checkpoint_is_refused_and_does_not_run(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    torch.save({"state_dict": network().state_dict(), "callback": Touch(marker)}, tmp_path / "last.ckpt")
    with pytest.raises(
        DataError, match=r"tensors and plain values alone\. Found Python objects in .*state_dict\(\) by"
    ):
        load_checkpoint(network(), tmp_path / "last.ckpt")
    assert not marker.exists()


def test_a_whole_model_is_refused(tmp_path: Path) -> None:
    torch.save(network(), tmp_path / "model.pt")
    with pytest.raises(DataError, match="Found Python objects"):
        load_checkpoint(network(), tmp_path / "model.pt")


@pytest.mark.parametrize("kept", [0, 1, 100, 0.5, 0.99])
def test_a_cut_or_empty_checkpoint_is_refused(tmp_path: Path, kept: float) -> None:
    path = tmp_path / "weights.pt"
    torch.save(network().state_dict(), path)
    content = path.read_bytes()
    path.write_bytes(content[: kept if isinstance(kept, int) else int(kept * len(content))])
    with pytest.raises(DataError, match=r"The checkpoint should be a whole zip archive"):
        load_checkpoint(network(), path)


def test_an_archive_that_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "weights.pt", "w") as archive:
        archive.writestr("a/readme.txt", b"hello")
    with pytest.raises(
        DataError, match=r"should be a file that torch\.save wrote\. Found .*weights\.pt: .* again"
    ):
        load_checkpoint(network(), tmp_path / "weights.pt")


@pytest.mark.parametrize("name", ["weights.pt", "weights.safetensors"])
def test_a_missing_checkpoint_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(
        DataError, match=rf"The checkpoint should be a file\. Found no file at .*{name}\. Check"
    ):
        load_checkpoint(network(), tmp_path / name)


def test_a_wrong_safetensors_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "weights.safetensors").write_bytes(b"")
    with pytest.raises(DataError, match=r"a whole safetensors file\. Found .* copy it again"):
        load_checkpoint(network(), tmp_path / "weights.safetensors")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({}, r"\[\]"),
        ({"epoch": 3, "lr": 0.1}, r"\['epoch', 'lr'\]"),
        (torch.zeros(2), "Tensor"),
        ({3: 4}, r"\['3'\]"),
    ],
)
def test_a_checkpoint_without_weights_is_refused(tmp_path: Path, content: object, found: str) -> None:
    torch.save(content, tmp_path / "weights.pt")
    with pytest.raises(DataError, match=rf"under 'state_dict' or 'model'\. Found {found} in .* Save"):
        load_checkpoint(network(), tmp_path / "weights.pt")


def save_changed(change: Callable[[dict[str, Tensor]], object], path: Path) -> Path:
    weights = network().state_dict()
    change(weights)
    torch.save(weights, path)
    return path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda weights: weights.pop("2.bias"), r"lacks 1, 2\.bias among them"),
        (lambda weights: weights.update(extra=torch.zeros(1)), r"adds 1, extra among them"),
        (
            lambda weights: weights.update({"0.bias": torch.zeros(5)}),
            r"Tensor 0\.bias should have shape \(4,\)",
        ),
    ],
)
def test_weights_that_do_not_fit_are_named_and_nothing_is_loaded(
    tmp_path: Path, change: Callable[[dict[str, Tensor]], object], message: str
) -> None:
    model = network()
    before = model[0].weight.clone()
    with pytest.raises(ModelError, match=message):
        load_checkpoint(model, save_changed(change, tmp_path / "weights.pt"))
    assert torch.equal(model[0].weight, before)


def test_names_that_share_nothing_are_reported_as_they_are(tmp_path: Path) -> None:
    torch.save(nn.Sequential(nn.Sequential(nn.Linear(1, 1))).state_dict(), tmp_path / "weights.pt")
    with pytest.raises(ModelError, match=r"lacks 1, only among them"):
        load_checkpoint(nn.ParameterDict({"only": nn.Parameter(torch.zeros(1))}), tmp_path / "weights.pt")


def test_a_factory_builds_and_its_weights_are_loaded_and_said(tmp_path: Path, ours: str) -> None:
    trained = load_factory(f"{ours}:Net", arguments={"bands": 3})
    torch.save({"state_dict": trained.state_dict()}, tmp_path / "last.ckpt")
    records: SimpleQueue[logging.LogRecord] = SimpleQueue()
    logger, handler = logging.getLogger("lrprism"), QueueHandler(records)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        model = load_factory(f"{ours}:Net", tmp_path / "last.ckpt", {"bands": 3})
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    assert torch.equal(model[0].weight, trained[0].weight)
    assert records.get_nowait().getMessage() == f"2 tensors from {tmp_path / 'last.ckpt'}, under 'state_dict'"
    assert records.empty()


@pytest.mark.parametrize(
    "factory",
    [
        "nets.py:Net",
        "/tmp/nets:Net",
        "../nets:Net",
        "nets",
        "nets:",
        ":Net",
        "nets:a.b",
        "a b:c",
        "nets.:Net",
    ],
)
def test_a_factory_is_named_not_given_by_file(factory: str) -> None:
    with pytest.raises(
        InputError, match=r"should be (given as package\.module:factory|a module that Python can import)\."
    ):
        load_factory(factory)


def test_a_factory_that_is_not_there_is_refused(ours: str) -> None:
    with pytest.raises(
        InputError, match=r"nothing_here should be a module .* Found: No module named 'nothing_here'"
    ):
        load_factory("nothing_here:Net")
    with pytest.raises(InputError, match=r"nets should be a function or class .* Found nothing by that name"):
        load_factory(f"{ours}:nets")
    with pytest.raises(InputError, match=r"number should be a function or class .* Found int by that name"):
        load_factory(f"{ours}:number")


def test_a_factory_with_other_arguments_is_refused(ours: str) -> None:
    with pytest.raises(
        InputError, match=r"take the arguments \['channels'\]\. Found: missing .*'bands'.* signature is"
    ):
        load_factory(f"{ours}:Net", arguments={"channels": 3})


def test_a_factory_that_gives_no_module_is_refused(ours: str) -> None:
    with pytest.raises(ModelError, match=r"no_model should return a torch\.nn\.Module\. Found int\. Name"):
        load_factory(f"{ours}:no_model")
