import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lrprism.errors import DataError
from lrprism.spectral.networks import load_program

pytestmark = pytest.mark.filterwarnings(
    # torch.export itself still asks in a way that torch calls deprecated
    "ignore:`isinstance.treespec, LeafSpec.` is deprecated:FutureWarning"
)
Members = dict[str, bytes]
GRAPH = "models/model.json"
SAMPLES = "data/sample_inputs/model.pt"
WEIGHTS = "data/weights/model_weights_config.json"


class Touch:
    """Unpickles to a call that leaves a file behind, as a malicious pickle would."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self.path}",)


class Doubled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.linear(x), self.linear(x)]).reshape(2 * x.shape[0], 2)


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Members:
    path = tmp_path_factory.mktemp("program") / "model.pt2"
    batch = torch.export.Dim("batch", min=2, max=64)
    program = torch.export.export(Doubled(), (torch.rand(4, 3),), dynamic_shapes=({0: batch},))
    torch.export.save(program, path)
    with zipfile.ZipFile(path) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def write_program(path: Path, members: Members) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"model/{name}", content)
    return path


def replace_text(members: Members, member: str, old: str, new: str) -> Members:
    content = members[member].decode()
    assert old in content
    return members | {member: content.replace(old, new).encode()}


def test_an_untouched_program_loads(tmp_path: Path, members: Members) -> None:
    assert load_program(write_program(tmp_path / "model.pt2", members))(torch.rand(5, 3)).shape == (10, 2)


def test_extra_files_are_left_aside(tmp_path: Path, members: Members) -> None:
    path = write_program(tmp_path / "model.pt2", members | {"extra/notes.txt": b"trained on Tuesday"})
    assert load_program(path)(torch.rand(5, 3)).shape == (10, 2)


def test_a_pickle_among_the_sample_inputs_is_refused_and_does_not_run(
    tmp_path: Path, members: Members
) -> None:
    marker = tmp_path / "ran"
    pickled = io.BytesIO()
    torch.save(((Touch(marker),), {}), pickled)
    path = write_program(tmp_path / "model.pt2", members | {SAMPLES: pickled.getvalue()})
    with pytest.raises(
        DataError, match=r"sample inputs of tensors alone\. Found a pickle that would run code in"
    ):
        load_program(path)
    assert not marker.exists()


def test_a_pickled_tensor_is_refused_and_does_not_run(tmp_path: Path, members: Members) -> None:
    marker = tmp_path / "ran"
    pickled = io.BytesIO()
    torch.save(Touch(marker), pickled)
    members = replace_text(members, WEIGHTS, '"use_pickle": false', '"use_pickle": true')
    path = write_program(tmp_path / "model.pt2", members | {"data/weights/weight_0": pickled.getvalue()})
    with pytest.raises(DataError, match=r"no pickled tensors\. Found some in"):
        load_program(path)
    assert not marker.exists()


@pytest.mark.parametrize(
    "name",
    ["data/aotinductor/model/model.so", "data/constants/custom_obj_0", "data/constants/opaque_obj_0", "x.py"],
)
def test_libraries_and_objects_are_refused(tmp_path: Path, members: Members, name: str) -> None:
    path = write_program(tmp_path / "model.pt2", members | {name: b"anything"})
    with pytest.raises(
        DataError, match=rf"no member but graph, tensors and sample inputs\. Found member '{name}'"
    ):
        load_program(path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("torch.ops.aten.linear.default", "torch.os.system"),
        ("torch.ops.aten.linear.default", "torch.ops.aten.from_file.default"),
        ("torch.ops.aten.linear.default", "_operator.methodcaller"),
        ("Mul(Integer(2)", "exec(Integer(2)"),
        ("Mul(Integer(2)", "Integer(2).__class__(Integer(2)"),
        ('"name": "x"', '"name": "x, y=exit()"'),
        ('"parameter_name": "linear.weight"', '"parameter_name": "linear.weight\'), exit()"'),
        ('"forward_arg_names": ["x"]', '"forward_arg_names": ["x=exit()"]'),
    ],
)
def test_strings_that_become_code_are_refused(tmp_path: Path, members: Members, old: str, new: str) -> None:
    path = write_program(tmp_path / "model.pt2", replace_text(members, GRAPH, old, new))
    with pytest.raises(
        DataError, match=r"plain names and operators of torch\. Found .* as \w+ in .* not trust"
    ):
        load_program(path)


def containers(change: Callable[[dict[str, Any]], None], members: Members) -> Members:
    graph = json.loads(members[GRAPH])

    def visit(value: Any) -> None:
        if isinstance(value, dict):
            for key, child in value.items():
                if key == "in_spec":
                    protocol, tree = json.loads(child)
                    change(tree["children_spec"][1])
                    value[key] = json.dumps([protocol, tree])
                else:
                    visit(child)
        elif isinstance(value, list):
            for child in value:
                visit(child)

    visit(graph)
    return members | {GRAPH: json.dumps(graph).encode()}


@pytest.mark.parametrize(
    "change",
    [
        {"type": "collections.defaultdict", "context": '{"default_factory_module": "antigravity"}'},
        {"context": '[{"__enum__": true, "fqn": "antigravity:x", "name": "y"}]'},
        {"context": '[{"\\u005f_enum__": true, "fqn": "antigravity:x", "name": "y"}]'},
    ],
)
def test_containers_that_import_modules_are_refused(
    tmp_path: Path, members: Members, change: dict[str, str]
) -> None:
    path = write_program(tmp_path / "model.pt2", containers(lambda tree: tree.update(change), members))
    with pytest.raises(DataError, match=r"inputs and outputs in containers of names\. Found .* with "):
        load_program(path)


def test_guards_and_traces_are_left_aside(tmp_path: Path, members: Members) -> None:
    graph = json.loads(members[GRAPH])
    marker = tmp_path / "ran"
    graph["guards_code"] = [f"__import__('os').system('touch {marker}') == 0"]
    path = write_program(tmp_path / "model.pt2", members | {GRAPH: json.dumps(graph).encode()})
    assert load_program(path)(torch.rand(5, 3)).shape == (10, 2)
    assert not marker.exists()


def test_a_program_without_a_graph_is_refused(tmp_path: Path, members: Members) -> None:
    without_graph = {name: content for name, content in members.items() if name != GRAPH}
    with pytest.raises(DataError, match=r"a graph in models/model\.json\. Found none in"):
        load_program(write_program(tmp_path / "model.pt2", without_graph))


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_graph_that_is_no_json_is_refused(tmp_path: Path, members: Members, content: bytes) -> None:
    with pytest.raises(DataError, match=r"JSON that can be read\. Found models/model\.json: "):
        load_program(write_program(tmp_path / "model.pt2", members | {GRAPH: content}))
