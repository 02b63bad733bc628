"""Inputs that hold tensors: what receives relevance, what the model gets, what stays as it was."""

import copy
from collections import OrderedDict, UserDict
from collections.abc import Callable
from dataclasses import dataclass, field
from types import MappingProxyType, SimpleNamespace
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from lrprism import presets
from lrprism.attribution.structures import fill, format_path, leaves, nest
from small_models import Model

A, B = torch.tensor([[1.0, 4.0]]), torch.tensor([[0.5, -2.0]])
KEEP = torch.tensor([[True, False]])


def explain_function(function: Callable[..., Any], inputs: Any, **options: Any) -> Any:
    return lp.LRP(Model(function), presets.Epsilon(0), strict=True).explain(
        inputs, torch.ones_like, **options
    )


def weigh(a: Tensor, b: Tensor) -> Tensor:
    """z = 2 a - 3 b: R_a = 2 a, R_b = -3 b."""
    return 2 * a - 3 * b


@dataclass
class Plain:
    a: Tensor
    b: Tensor
    name: str = "plain"
    keep: Tensor = field(default_factory=lambda: KEEP)


@dataclass(frozen=True, slots=True)
class Frozen:
    a: Tensor
    b: Tensor


class Named(NamedTuple):
    a: Tensor
    b: Tensor


class Slotted:
    __slots__ = ("a", "b", "unset")

    def __init__(self, a: Tensor, b: Tensor) -> None:
        self.a, self.b = a, b


class Graph:
    """A graph as torch_geometric has them: keys, items, attributes that come from a store."""

    def __init__(self, **values: Any) -> None:
        self.__dict__["_store"] = values

    def __copy__(self) -> "Graph":
        return Graph(**self._store)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in self.__dict__.get("_store", {}):
            raise AttributeError(name)
        return self._store[name]

    def keys(self) -> list[str]:
        return list(self._store)

    def __getitem__(self, key: str) -> Any:
        return self._store[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._store[key] = value


class Heterogeneous:
    """A graph with several types of nodes, as torch_geometric has them."""

    def __init__(self, stores: dict[Any, dict[str, Tensor]]) -> None:
        self.stores = stores

    def __copy__(self) -> "Heterogeneous":
        return Heterogeneous({key: dict(store) for key, store in self.stores.items()})

    @property
    def node_types(self) -> list[str]:
        return [key for key in self.stores if isinstance(key, str)]

    @property
    def edge_types(self) -> list[Any]:
        return [key for key in self.stores if isinstance(key, tuple)]

    def __getitem__(self, key: Any) -> dict[str, Tensor]:
        return self.stores[key]


def by_attribute(both: Any) -> Tensor:
    return weigh(both.a, both.b)


def by_key(both: Any) -> Tensor:
    return weigh(both["a"], both["b"])


OBJECTS: dict[str, tuple[Any, Callable[[Any], Tensor]]] = {
    "a dataclass": (Plain(A, B), by_attribute),
    "a frozen dataclass with slots": (Frozen(A, B), by_attribute),
    "a named tuple": (Named(A, B), by_attribute),
    "an object": (SimpleNamespace(a=A, b=B, name="any"), by_attribute),
    "an object with slots": (Slotted(A, B), by_attribute),
    "a graph": (Graph(a=A, b=B), by_attribute),
}


@pytest.mark.parametrize("form", OBJECTS)
def test_an_object_is_one_argument_and_gives_relevance_by_attribute(form: str) -> None:
    inputs, function = OBJECTS[form]
    kinds: list[type] = []

    def weigh_parts(both: Any) -> Tensor:
        kinds.append(type(both))
        return function(both)

    explanation = explain_function(weigh_parts, inputs, audit=True)
    assert {name: tensor.tolist() for name, tensor in explanation.relevance.items()} == {
        "a": [[2.0, 8.0]],
        "b": [[-1.5, 6.0]],
    }
    assert set(kinds) == {type(inputs)}  # also where the model runs once more to compare
    assert inputs.a is A
    assert not inputs.a.requires_grad
    explanation.check(1e-6)


MAPPINGS: dict[str, Any] = {
    "a dict": {"a": A, "b": B},
    "an ordered dict": OrderedDict(a=A, b=B),
    "a user's dict": UserDict(a=A, b=B),
}


@pytest.mark.parametrize("form", MAPPINGS)
def test_a_mapping_inside_another_keeps_its_type(form: str) -> None:
    inner = MAPPINGS[form]

    def weigh_parts(both: Any) -> Tensor:
        assert type(both) is type(inner)
        return by_key(both)

    relevance = explain_function(weigh_parts, {"both": inner}).relevance
    assert {name: tensor.tolist() for name, tensor in relevance["both"].items()} == {
        "a": [[2.0, 8.0]],
        "b": [[-1.5, 6.0]],
    }
    assert inner["a"] is A


def test_a_list_is_one_argument_and_gives_a_list() -> None:
    pair = [A, B]
    relevance = explain_function(lambda both: weigh(*both), pair).relevance
    assert [tensor.tolist() for tensor in relevance] == [[[2.0, 8.0]], [[-1.5, 6.0]]]
    assert isinstance(relevance, list)
    assert pair[0] is A
    assert pair[1] is B


def test_structures_nest() -> None:
    def deep(scale: Tensor, tree: Any) -> Tensor:
        (first, second), record = tree["pair"], tree["record"]
        return scale * 0 + weigh(first, second["b"]) + record.a

    tree = {"pair": [A, {"b": B, "n": 3}], "record": Plain(A, B), "text": ["x", None]}
    relevance = explain_function(deep, (A, tree)).relevance
    assert isinstance(relevance, tuple)
    assert relevance[1]["pair"][0].tolist() == [[2.0, 8.0]]
    assert relevance[1]["pair"][1]["b"].tolist() == [[-1.5, 6.0]]
    assert relevance[1]["record"]["a"].tolist() == A.tolist()
    assert relevance[1]["record"]["b"].tolist() == [[0.0, 0.0]]
    assert set(relevance[1]) == {"pair", "record"}


def test_bools_complex_and_sparse_tensors_in_a_list_are_constants() -> None:
    def apply_mask(parts: list[Tensor]) -> Tensor:
        x, keep, phase, matrix = parts
        return torch.where(keep, 2 * x, torch.zeros_like(x)) * phase.real @ matrix.to_dense()

    others = [KEEP, torch.ones(1, 2, dtype=torch.complex64), torch.eye(2).to_sparse()]
    relevance = explain_function(apply_mask, [A, *others]).relevance
    assert relevance[0].tolist() == [[2.0, 0.0]]
    assert relevance[1:] == [None, None, None]


def test_token_ids_in_a_structure_are_found_and_an_index_is_left_out() -> None:
    table = nn.Embedding(3, 2)
    table.weight.data = torch.tensor([[1.0, 2.0], [10.0, 20.0], [5.0, 5.0]])
    atoms, edges = torch.tensor([1, 0]), torch.tensor([[0, 1], [1, 0]])

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = table

        def forward(self, graph: Any) -> Tensor:
            x = self.table(graph.z)
            return x.index_add(0, graph.edge_index[1], x[graph.edge_index[0]])

    graph = Graph(z=atoms, edge_index=edges)
    relevance = lp.LRP(Net(), presets.Epsilon(0), strict=True).explain(graph, torch.ones_like).relevance
    # each node counts for itself and for its neighbour
    assert relevance["z"].tolist() == [60.0, 6.0]
    assert set(relevance) == {"z"}


def test_a_graph_with_several_types_of_nodes() -> None:
    stores = {"paper": {"x": A}, ("paper", "by", "author"): {"edge_attr": B}}
    graph = Heterogeneous(stores)
    relevance = explain_function(
        lambda g: weigh(g["paper"]["x"], g["paper", "by", "author"]["edge_attr"]), graph
    ).relevance
    assert relevance["paper"]["x"].tolist() == [[2.0, 8.0]]
    assert relevance["paper", "by", "author"]["edge_attr"].tolist() == [[-1.5, 6.0]]
    assert graph.stores["paper"]["x"] is A


def test_a_packed_sequence_is_one_argument() -> None:
    packed = nn.utils.rnn.pack_sequence([torch.tensor([[1.0], [2.0]]), torch.tensor([[3.0]])])
    relevance = explain_function(
        lambda p: nn.utils.rnn.pad_packed_sequence(p, batch_first=True)[0] * 2, packed
    ).relevance
    assert relevance["data"].tolist() == [[2.0], [6.0], [4.0]]
    assert set(relevance) == {"data"}


def test_an_object_that_holds_itself() -> None:
    inputs = SimpleNamespace(a=A, b=B)
    inputs.me = inputs
    relevance = explain_function(by_attribute, inputs).relevance
    assert set(relevance) == {"a", "b"}


def test_an_object_without_tensors_is_handed_on_as_it_is() -> None:
    options = SimpleNamespace(scale=2.0)

    def scale(parts: list[Any]) -> Tensor:
        assert parts[1] is options
        return parts[0] * parts[1].scale

    assert explain_function(scale, [A, options]).relevance[0].tolist() == [[2.0, 8.0]]


def test_an_object_that_cannot_be_copied_is_named() -> None:
    class Single:
        def __init__(self) -> None:
            self.a = A

        def __copy__(self) -> "Single":
            raise TypeError("there is only one")

    message = (
        r"^inputs\['one'\] should be an object that copy\.copy copies and whose attributes can be set\. "
        r"Found Single: there is only one\. Try a dict or a list of its tensors\.$"
    )
    with pytest.raises(lp.InputError, match=message):
        explain_function(lambda one: one.a * 2, {"one": Single()})
    with pytest.raises(lp.InputError, match=r"Found mappingproxy: "):
        explain_function(lambda one: one["a"] * 2, {"one": MappingProxyType({"a": A})})


def test_a_value_that_is_not_finite_is_named_as_one_would_type_it() -> None:
    bad = torch.tensor([[float("nan")]])
    graph = {"graph": [Plain(A, bad)]}
    with pytest.raises(lp.InputError, match=r"^inputs\['graph'\]\[0\]\.b should hold finite numbers\."):
        explain_function(lambda graph: graph[0].a, graph)


def test_paths_fill_and_nest_go_together() -> None:
    tree = {"a": [A, (B,)], "b": Plain(A, B)}
    tensors = {path: leaf for path, leaf in leaves(tree) if isinstance(leaf, Tensor)}
    assert [format_path(path, "x", tree) for path in tensors] == [
        "x['a'][0]", "x['a'][1][0]", "x['b'].a", "x['b'].b", "x['b'].keep",
    ]  # fmt: skip
    assert fill(copy.copy(tree), lambda path, _: path)["b"].a == ("b", "a")
    assert nest(tree, {("a", 1, 0): 7}) == {"a": [None, (7,)]}
